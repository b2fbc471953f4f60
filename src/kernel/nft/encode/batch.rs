//! What holds the changes of a transaction together, and the numbers by which they are answered.
//!
//! ```text
//! BATCH_BEGIN │ the first change │ … │ BATCH_END
//!      0               1           …
//! ```

use crate::kernel::netfilter::attribute::Writer;
use crate::kernel::netfilter::message::Head;

/// The sequence number of `NFNL_MSG_BATCH_BEGIN`; the changes have those after it.
pub const BEGIN: u32 = 0;

/// The sequence number of a change.
pub fn sequence(change: usize) -> u32 {
    BEGIN + 1 + change as u32
}

/// The change of a sequence number.
pub fn change_of(sequence: u32) -> Option<usize> {
    sequence.checked_sub(BEGIN + 1).map(|change| change as usize)
}

/// The beginning of a transaction.
pub fn begin(w: &mut Writer) {
    border(w, libc::NFNL_MSG_BATCH_BEGIN, BEGIN);
}

/// The end of a transaction of so many changes.
pub fn end(w: &mut Writer, changes: usize) {
    border(w, libc::NFNL_MSG_BATCH_END, sequence(changes));
}

fn border(w: &mut Writer, kind: libc::c_int, sequence: u32) {
    let resource = libc::NFNL_SUBSYS_NFTABLES as u16;
    w.message(Head { kind: kind as u16, flags: 0, sequence, family: libc::AF_UNSPEC as u8, resource }, |_| ());
}
