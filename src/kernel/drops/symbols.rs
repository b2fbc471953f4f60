//! Which function an address of the kernel's belongs to.
//!
//! ```text
//! /proc/kallsyms:  ffffffff81b2c6a0 t ip_rcv_core        0xffffffff81b2c843  ─▶  ip_rcv_core+0x1a3
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

/// No function is longer than this: an address further behind the nearest one belongs to none that is listed.
const LONGEST: u64 = 1 << 20;

/// How many digits an address has.
const DIGITS: usize = usize::BITS as usize / 4;

/// `ip_rcv_core+0x1a3` for each address, from one look into `/proc/kallsyms`, which takes the kernel some ten
/// milliseconds. Those that it hides (`kernel.kptr_restrict`, an ordinary user) are missing.
pub fn symbols(addresses: &[u64]) -> BTreeMap<u64, String> {
    if addresses.is_empty() {
        return BTreeMap::new();
    }
    File::open("/proc/kallsyms").map(|file| nearest(BufReader::new(file), addresses)).unwrap_or_default()
}

/// An address, as the list spells it, and the line of the function that begins nearest before it.
struct Sought {
    address: u64,
    digits: Vec<u8>,
    line: Vec<u8>,
}

/// The function that begins nearest before each address. The list is long: digits are compared as they are, and lines
/// taken apart only when they are the answer.
fn nearest(mut list: impl BufRead, addresses: &[u64]) -> BTreeMap<u64, String> {
    let seek =
        |address: &u64| Sought { address: *address, digits: format!("{address:0DIGITS$x}").into_bytes(), line: vec![] };
    let mut sought: Vec<Sought> = addresses.iter().map(seek).collect();
    let last = sought.iter().map(|sought| sought.digits.clone()).max().unwrap_or_default();
    let mut line = Vec::new();
    // What cannot be read ends the list.
    while let Ok(1..) = list.read_until(b'\n', &mut line) {
        let start = line.get(..DIGITS).unwrap_or_default();
        if start > last.as_slice() && is_core(&line) && sought.iter().all(|sought| sought.name().is_some()) {
            // The kernel's own symbols come first and in order; those of modules may be anywhere.
            break;
        }
        if is_function(&line) {
            for sought in sought.iter_mut().filter(|sought| start <= sought.digits.as_slice()) {
                // Of several names of the same place the first counts, as for the kernel.
                if sought.line.get(..DIGITS).is_none_or(|other| other < start) {
                    sought.line.clone_from(&line);
                }
            }
        }
        line.clear();
    }
    sought.iter().filter_map(|sought| Some((sought.address, sought.name()?))).collect()
}

impl Sought {
    fn name(&self) -> Option<String> {
        let mut words = std::str::from_utf8(&self.line).ok()?.split_whitespace();
        let start = u64::from_str_radix(words.next()?, 16).ok().filter(|start| *start != 0)?;
        let distance = self.address.checked_sub(start).filter(|distance| *distance < LONGEST)?;
        Some(format!("{}+{distance:#x}", words.nth(1)?))
    }
}

/// Whether it is a function's: `ffffffff81b2c6a0 t ip_rcv_core`.
fn is_function(line: &[u8]) -> bool {
    matches!(line.get(DIGITS..DIGITS + 3), Some([b' ', b't' | b'T' | b'w' | b'W', b' ']))
}

/// Whether it is the kernel's own and no module's, whose name would follow: `\t[vxlan]`.
fn is_core(line: &[u8]) -> bool {
    !line.ends_with(b"]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81b2c690 t __pfx_ip_rcv_core
ffffffff81b2c6a0 t ip_rcv_core
ffffffff81b2c900 T ip_rcv
ffffffff82000000 D some_data
ffffffffc0001000 t vxlan_rcv\t[vxlan]
not a line
";

    fn of(address: u64) -> Option<String> {
        nearest(LIST.as_bytes(), &[address]).remove(&address)
    }

    #[test]
    fn an_address_belongs_to_the_function_before_it() {
        assert_eq!(of(0xffff_ffff_81b2_c843).as_deref(), Some("ip_rcv_core+0x1a3"));
        assert_eq!(of(0xffff_ffff_81b2_c6a0).as_deref(), Some("ip_rcv_core+0x0"));
        assert_eq!(of(0xffff_ffff_8100_0001).as_deref(), Some("_stext+0x1"));
        assert_eq!(of(0xffff_ffff_c000_1010).as_deref(), Some("vxlan_rcv+0x10"));
        for nowhere in [0, 1, 0xffff_ffff_80ff_ffff, 0xffff_ffff_9000_0000, u64::MAX] {
            assert_eq!(of(nowhere), None, "{nowhere:#x}");
        }
    }

    #[test]
    fn several_addresses_take_one_pass() {
        let all = nearest(LIST.as_bytes(), &[0xffff_ffff_c000_1010, 5, 0xffff_ffff_81b2_c901]);
        assert_eq!(all.into_values().collect::<Vec<_>>(), ["ip_rcv+0x1", "vxlan_rcv+0x10"]);
    }

    #[test]
    fn it_ends_where_nothing_nearer_can_follow() {
        let more = format!("{LIST}ffffffff81b2c842 t out_of_order\n");
        let near = 0xffff_ffff_81b2_c843;
        assert_eq!(nearest(more.as_bytes(), &[near]).remove(&near).as_deref(), Some("ip_rcv_core+0x1a3"));
    }

    #[test]
    fn a_list_that_hides_its_addresses_says_nothing() {
        let hidden: String = LIST.lines().map(|line| format!("{:016}{}\n", 0, line.get(16..).unwrap_or(""))).collect();
        assert!(nearest(hidden.as_bytes(), &[0xffff_ffff_81b2_c843]).is_empty());
    }
}
