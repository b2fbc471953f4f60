//! Hardware addresses of VXLAN devices: the same at every reading of the file, and none twice.
//!
//! ```text
//! 66:91:0c:5e:d7:0a    0x66 = 0110 0110: given by nobody but us (bit 1 is set), and not a group (bit 0 is not)
//!    └─ a hash of "node-1 flannel.1"
//! ```
//!
//! Calico derives its own in the same way: `f`, which is 0x66, and five bytes of a hash of the node's name. The kernel
//! would take a random one, and so would flannel.

use std::collections::HashSet;

use crate::names::{LinkName, MachineName};
use crate::network::Mac;
use crate::topology::spec::MachineSpec;

/// The addresses that are given.
#[derive(Debug, Default)]
pub struct Macs {
    taken: HashSet<Mac>,
}

impl Macs {
    /// Those of devices that are written.
    pub fn written<'s>(machines: impl Iterator<Item = &'s MachineSpec>) -> Self {
        Macs { taken: machines.flat_map(|machine| &machine.vxlan).map(|device| device.mac).collect() }
    }

    /// One for a device of a machine.
    pub fn give(&mut self, machine: &MachineName, device: &LinkName) -> Mac {
        let mut seed = format!("{machine} {device}");
        loop {
            let mac = hashed(&seed);
            if self.taken.insert(mac) {
                return mac;
            }
            // Two of a thousand nodes meet once in two million files.
            seed.push('\'');
        }
    }
}

fn hashed(seed: &str) -> Mac {
    // FNV-1a, 64 bits, both halves folded into five bytes: the same on every machine and in every release.
    let hash =
        seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
    let [.., a, b, c, d, e] = (hash ^ hash >> 40).to_be_bytes();
    Mac([0x66, a, b, c, d, e])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_the_same_and_differ_from_each_other() {
        let mut macs = Macs::default();
        let device: LinkName = "flannel.1".parse().unwrap();
        let give = |macs: &mut Macs, node: usize| macs.give(&format!("node-{node}").parse().unwrap(), &device);
        let all: HashSet<Mac> = (0..10_000).map(|node| give(&mut macs, node)).collect();
        assert_eq!(all.len(), 10_000);
        assert!(all.iter().all(|mac| mac.0[0] & 3 == 2));
        assert_eq!(give(&mut Macs::default(), 1), give(&mut Macs::default(), 1));
        // A second device of that name can only be in another reading, and gets another address.
        assert!(!all.contains(&give(&mut macs, 1)));
    }
}
