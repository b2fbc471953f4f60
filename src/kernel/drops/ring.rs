//! The ring in which the kernel lays down records, and from which they are read without asking it.
//!
//! ```text
//! page 0            page 1            then the data, twice one behind the other
//! consumer's        producer's        [ length, flags | record ][ length, flags | record ] …
//! position (ours)   position          a record that begins at the end goes on in the second picture of the beginning
//! ```
//!
//! `BPF_MAP_TYPE_RINGBUF`, Linux 5.8, `kernel/bpf/ringbuf.c`. Positions only grow; a place in the data is a position
//! modulo the size.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::unistd::{SysconfVar, sysconf};

use super::load;

/// How many bytes of records wait at most; a power of two, and of whole pages.
pub const SIZE: usize = 1 << 20;

/// A record's head: its length and two flags, then four bytes for the kernel (`struct bpf_ringbuf_hdr`).
const HEAD: usize = 8;
/// `BPF_RINGBUF_BUSY_BIT`: the record is still being written.
const BUSY: u32 = 1 << 31;
/// `BPF_RINGBUF_DISCARD_BIT`: the record was thrown away.
const DISCARDED: u32 = 1 << 30;

/// A ring and its memory.
#[derive(Debug)]
pub struct Ring {
    map: OwnedFd,
    consumer: Mapping,
    producer: Mapping,
    page: usize,
}

/// Memory that is shared with the kernel.
#[derive(Debug)]
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory belongs to the process, and what is in it is only read and written by atomic operations and, after
// an acquiring load has said so, as bytes that nobody writes any more.
unsafe impl Send for Mapping {}

impl Ring {
    /// Makes a ring.
    ///
    /// # Errors
    /// `EPERM` where this process may not; `EINVAL` where the kernel knows no rings.
    pub fn new() -> nix::Result<Self> {
        let map = load::ring(SIZE as u32)?;
        let page = sysconf(SysconfVar::PAGE_SIZE)?.and_then(|size| usize::try_from(size).ok()).unwrap_or(4096);
        let consumer = Mapping::new(&map, 0, page, libc::PROT_READ | libc::PROT_WRITE)?;
        let producer = Mapping::new(&map, page, page + 2 * SIZE, libc::PROT_READ)?;
        Ok(Ring { map, consumer, producer, page })
    }

    /// Gives out every record that is there, in the order in which the kernel began them. Says whether there was no room
    /// for another: then some may be missing.
    pub fn read(&mut self, record_size: usize, mut take: impl FnMut(&[u8])) -> bool {
        // SAFETY: both positions are words at the beginning of a page that is mapped as long as `self` lives; the kernel
        // accesses them atomically as well.
        let (consumer, producer) = unsafe {
            (self.consumer.start.cast::<AtomicUsize>().as_ref(), self.producer.start.cast::<AtomicUsize>().as_ref())
        };
        // Nobody else moves it.
        let mut position = consumer.load(Ordering::Relaxed);
        // Acquire: the heads up to here are written (`smp_store_release` of the producer's position).
        let end = producer.load(Ordering::Acquire);
        let is_full = |end: usize, position: usize| end.wrapping_sub(position) + HEAD + record_size >= SIZE;
        let mut full = is_full(end, position);
        // What comes meanwhile is for the next time: this ends, however much comes.
        while (1..=SIZE).contains(&end.wrapping_sub(position)) {
            let place = self.page + position % SIZE;
            // SAFETY: a head is 8 bytes at a multiple of 8, before the end of the first picture of the data.
            let head = unsafe { self.producer.start.add(place).cast::<AtomicU32>().as_ref() };
            // Acquire: the record behind a head that is not busy is written.
            let head = head.load(Ordering::Acquire);
            let length = (head & !(BUSY | DISCARDED)) as usize;
            if head & BUSY != 0 || length > SIZE - HEAD {
                break;
            }
            if head & DISCARDED == 0 {
                // SAFETY: the record lies within the two pictures of the data, and until the consumer's position passes
                // it the kernel writes nothing there.
                take(unsafe { std::slice::from_raw_parts(self.producer.start.add(place + HEAD).as_ptr(), length) });
            }
            full |= is_full(producer.load(Ordering::Relaxed), position);
            position = position.wrapping_add((HEAD + length).next_multiple_of(HEAD));
            // Release: the kernel may write there from here on, and not before the record was read.
            consumer.store(position, Ordering::Release);
        }
        full
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.map.as_fd()
    }
}

impl Mapping {
    fn new(map: &OwnedFd, offset: usize, length: usize, protection: libc::c_int) -> nix::Result<Self> {
        let offset = libc::off_t::try_from(offset).map_err(|_| Errno::EINVAL)?;
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory of ours.
        let start =
            unsafe { libc::mmap(ptr::null_mut(), length, protection, libc::MAP_SHARED, map.as_raw_fd(), offset) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        NonNull::new(start.cast()).map(|start| Mapping { start, length }).ok_or(Errno::ENOMEM)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this length, and nobody has a reference into it: those of `read` are over.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
