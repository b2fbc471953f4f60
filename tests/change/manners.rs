//! What is said, and what is refused.
