//! Which part a packet has in the story: is it the probe, what answers it, or an error about one of them?
//!
//! ```text
//! echo request with our cookie                        Probe 0
//! echo reply with our cookie                          Answer 0
//! ICMP 3/1 that quotes the echo request               Error about Probe 0
//! SYN with our sequence number, its SYN-ACK or RST    Probe, Answer
//! ```

use super::frame::{ACK, Packet, RST, SYN, Transport};
use super::outcome::Leg;
use crate::kernel::probe::Cookie;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The probe of this number.
    Probe(u32),
    /// What answers it.
    Answer(u32),
    /// An ICMP error about a probe (there) or an answer (back).
    Error(u32, Leg),
}

/// How the packets of a run of probes are known.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Their cookie.
    pub cookie: Cookie,
    /// The port that UDP probes are sent from, by which answers without the cookie are known.
    pub udp_port: Option<u16>,
}

impl Known {
    /// What a packet is; none for other people's.
    pub fn role(&self, packet: &Packet) -> Option<Role> {
        match &packet.transport {
            Transport::Echo { reply, payload, .. } => {
                let number = self.cookie.number_in(payload)?;
                Some(if *reply { Role::Answer(number) } else { Role::Probe(number) })
            }
            Transport::Tcp { numbers: (sequence, acknowledged), flags, .. } => match flags & (SYN | ACK | RST) {
                SYN => self.cookie.number_of_sequence(*sequence).map(Role::Probe),
                // One more than the number with which the probe began.
                answer if answer & ACK != 0 && answer & (SYN | RST) != 0 => {
                    let sequence = acknowledged.wrapping_sub(1);
                    self.cookie.number_of_sequence(sequence).map(Role::Answer)
                }
                _ => None,
            },
            Transport::Udp { ports: (_, to), payload } => {
                let answers = Some(*to) == self.udp_port;
                match self.cookie.number_in(payload) {
                    Some(number) if !answers => Some(Role::Probe(number)),
                    Some(number) => Some(Role::Answer(number)),
                    // What answers need not repeat the question: it is taken to be the first one's.
                    None => answers.then_some(Role::Answer(0)),
                }
            }
            Transport::Error { about, .. } => match self.role(about.packet()?)? {
                Role::Probe(number) => Some(Role::Error(number, Leg::There)),
                Role::Answer(number) => Some(Role::Error(number, Leg::Back)),
                Role::Error(..) => None,
            },
            Transport::Solicitation { .. } | Transport::Advertisement { .. } | Transport::Other => None,
        }
    }
}
