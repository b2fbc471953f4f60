//! To wait for something to be so, in place of sleeping and hoping.

use std::time::{Duration, Instant};

/// How long anything may take before the test gives up: far longer than it ever takes, on any machine.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// How long links may take to settle: the kernel spreads the news of a carrier once a second.
pub const SETTLING: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(5);

/// Waits until `ask` has an answer.
///
/// # Panics
/// When it has none in all that time; `what` says what was waited for.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain for this: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Waits until a process runs this program: `exec` takes a moment.
pub fn until_it_runs(pid: u32, program: &str) {
    let name = || std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    until(&format!("process {pid} runs {program}"), || (name().trim() == program).then_some(()));
}

/// Waits until a process has ended. One that nobody has waited for yet has ended too.
pub fn until_it_ends(pid: u32) {
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    };
    until(&format!("process {pid} ends"), || matches!(state(), None | Some('Z' | 'X')).then_some(()));
}
