//! Pools, an address of one's own for what leaves, and the card with the gateway.
