//! How large a packet fits through: path MTU discovery, as TCP does it (RFC 1191, RFC 8201).
//!
//! ```text
//! 1500 bytes, don't fragment ─▶ answered                                 1500
//!                            ─▶ ICMP: fragmentation needed, 1450 fits    once more with 1450
//!                            ─▶ the sender's own link takes less         the next smaller of its links' MTUs
//!                            ─▶ silence, twice                           a black hole
//! ```
//!
//! A router tells one sender only about six such errors at once, and one a second after that (`icmpv4_xrlim_allow`,
//! `net/ipv4/icmp.c`). A sender that was told so often takes the smallest MTU that it was told for its other paths too,
//! where it hears nothing.

use std::collections::HashMap;
use std::net::IpAddr;

use nix::errno::Errno;

use crate::kernel::refusal::Result;
use crate::kernel::volley::{Shot, Volley};
use crate::network::setting::IPV6_MIN_MTU;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMtu {
    /// So many bytes fit through, headers included.
    Fits(u32),
    /// Packets of so many bytes vanish, and nobody is told.
    BlackHole(u32),
}

/// A path, and what to begin with.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Who sends: a place in the volley's machines.
    pub from: usize,
    /// Where to.
    pub to: IpAddr,
    /// The MTUs of the sender's links, the largest first.
    pub mtus: Vec<u32>,
}

/// How often a size is changed before it is given up: no path has so many narrow places.
const ROUNDS: usize = 8;

/// How many errors a sender is told at once.
const TOLD_AT_ONCE: usize = 5;

/// IPv6 links take so much at least; less is not asked for.
const LEAST: u32 = IPV6_MIN_MTU;

/// The length of IP and ICMP headers.
pub fn headers(to: IpAddr) -> u32 {
    if to.is_ipv4() { 28 } else { 48 }
}

/// What one sender was told.
#[derive(Default)]
struct Sender {
    errors: usize,
    smallest: Option<u32>,
}

/// Finds them all at once; nothing for a path that stopped answering meanwhile.
///
/// # Errors
/// When the sockets cannot be read.
pub fn walk(volley: &mut Volley, walks: &[Walk]) -> Result<Vec<Option<PathMtu>>> {
    let mut found = vec![None; walks.len()];
    let mut senders: HashMap<usize, Sender> = HashMap::new();
    let begin = |(index, walk): (usize, &Walk)| Some(Try { index, mtu: *walk.mtus.first()?, silent: 0 });
    let mut open: Vec<Try> = walks.iter().enumerate().filter_map(begin).collect();
    for _ in 0..ROUNDS {
        if open.is_empty() {
            break;
        }
        let shots: Vec<Shot> = open.iter().filter_map(|one| Some(one.shot(walks.get(one.index)?))).collect();
        let echoes = volley.fire(&shots)?;
        let mut again = Vec::new();
        // All errors first: they say what to make of silence.
        for (one, echo) in open.iter().zip(&echoes) {
            let (Some(told), Some(walk)) = (echo.error, walks.get(one.index)) else { continue };
            if told.errno == Errno::EMSGSIZE && told.from.is_some() {
                let sender = senders.entry(walk.from).or_default();
                sender.errors += 1;
                sender.smallest = Some(sender.smallest.map_or(told.mtu, |least| least.min(told.mtu)));
            }
        }
        for (one, echo) in open.into_iter().zip(echoes) {
            let (Some(walk), Some(slot)) = (walks.get(one.index), found.get_mut(one.index)) else { continue };
            let sender = senders.get(&walk.from);
            let smaller = |mtu: Option<u32>| mtu.filter(|mtu| *mtu < one.mtu && *mtu > headers(walk.to));
            let told = echo.error.filter(|told| told.errno == Errno::EMSGSIZE).map(|told| told.mtu);
            let next_link = || walk.mtus.iter().copied().find(|mtu| *mtu < one.mtu).or(smaller(Some(LEAST)));
            let many = sender.filter(|sender| sender.errors >= TOLD_AT_ONCE).and_then(|sender| sender.smallest);
            let next = match (echo.answered, echo.unsent) {
                (true, _) => {
                    *slot = Some(PathMtu::Fits(one.mtu));
                    continue;
                }
                (false, Some(Errno::EMSGSIZE)) => next_link(),
                (false, _) => smaller(told).or(smaller(many)),
            };
            match next {
                Some(mtu) => again.push(Try { mtu, silent: 0, ..one }),
                None if one.silent == 0 => again.push(Try { silent: 1, ..one }),
                None => *slot = Some(PathMtu::BlackHole(one.mtu)),
            }
        }
        open = again;
    }
    Ok(found)
}

/// A size that is tried.
struct Try {
    index: usize,
    mtu: u32,
    /// How often nothing was heard.
    silent: usize,
}

impl Try {
    fn shot(&self, walk: &Walk) -> Shot {
        let size = self.mtu.saturating_sub(headers(walk.to)) as usize;
        Shot { from: walk.from, to: walk.to, size, dont_fragment: true }
    }
}
