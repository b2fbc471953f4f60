//! A ping that goes on while something else is done.
//!
//! ```text
//! ping ──▶ 1 2 3 4 5 6 7 …  Ctrl-C     every number is answered, but perhaps the last, which was still under way
//!            └ the lab is changed ┘
//! ```

use std::collections::BTreeSet;

use super::aside::Aside;
use super::lab::Lab;

/// A ping that goes on.
pub struct Ping {
    what: String,
    aside: Aside,
}

impl Ping {
    /// Begins one, a hundred times a second, and waits for the first answer.
    #[track_caller]
    pub fn begin(lab: &Lab, from: &str, to: &str) -> Self {
        let mut command = lab.netlab(&["exec", from, "--", "ping", "-n", "-i", "0.01", to]);
        let mut aside = Aside::begin(&mut command, b"");
        let what = format!("{from} pings {to}");
        aside.until_it_shows(&what, |lines| lines.iter().any(|line| number(line).is_some()));
        Ping { what, aside }
    }

    /// Ends it: nothing was lost of at least so many.
    #[track_caller]
    pub fn lost_nothing(self, least: usize) {
        self.aside.interrupt();
        let lines = self.aside.end();
        let answered: BTreeSet<usize> = lines.iter().filter_map(|line| number(line)).collect();
        let sent =
            lines.iter().find_map(|line| line.split_once(" packets transmitted")).and_then(|(n, _)| n.parse().ok());
        let sent: usize = sent.unwrap_or_else(|| panic!("{}: no summary: {lines:#?}", self.what));
        let lost: Vec<usize> = (1..sent).filter(|number| !answered.contains(number)).collect();
        assert!(lost.is_empty(), "{}: of {sent} these are lost: {lost:?}", self.what);
        assert!(sent > least, "{}: only {sent} were sent", self.what);
    }
}

/// Which one a line of `ping` says was answered.
fn number(line: &str) -> Option<usize> {
    let (_, rest) = line.strip_prefix(|c: char| c.is_ascii_digit())?.split_once(" icmp_seq=")?;
    rest.split(' ').next()?.parse().ok()
}
