//! From the clock of programs in the kernel to that of packet sockets.
//!
//! ```text
//! bpf_ktime_get_ns: CLOCK_MONOTONIC 81,400,000,000  + what lies between ─▶  CLOCK_REALTIME 1,795,871,234,567,890,123
//! ```

use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

/// How often to look at both clocks: whoever is interrupted between the two is wrong by that time.
const LOOKS: usize = 5;

/// What lies between the two clocks, at this moment.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    between: i128,
}

impl Clock {
    /// Looks at both.
    pub fn now() -> Self {
        let look = || {
            let before = nanoseconds(ClockId::CLOCK_MONOTONIC);
            let real = nanoseconds(ClockId::CLOCK_REALTIME);
            let after = nanoseconds(ClockId::CLOCK_MONOTONIC);
            (after - before, real - (before + after) / 2)
        };
        let nearest = (0..LOOKS).map(|_| look()).min_by_key(|(took, _)| *took);
        Clock { between: nearest.map_or(0, |(_, between)| between) }
    }

    /// A moment of `CLOCK_MONOTONIC` in ns of `CLOCK_REALTIME`.
    pub fn real(self, monotonic: u64) -> u64 {
        u64::try_from(i128::from(monotonic) + self.between).unwrap_or_default()
    }
}

/// These clocks are there on every Linux.
fn nanoseconds(clock: ClockId) -> i128 {
    let time = clock_gettime(clock).unwrap_or(TimeSpec::new(0, 0));
    i128::from(time.tv_sec()) * 1_000_000_000 + i128::from(time.tv_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_now_on_both_clocks() {
        let clock = Clock::now();
        let monotonic = u64::try_from(nanoseconds(ClockId::CLOCK_MONOTONIC)).unwrap();
        let real = nanoseconds(ClockId::CLOCK_REALTIME);
        let wrong = (i128::from(clock.real(monotonic)) - real).abs();
        assert!(wrong < 1_000_000_000, "wrong by {wrong} ns");
        assert!(clock.real(monotonic + 5) == clock.real(monotonic) + 5);
    }
}
