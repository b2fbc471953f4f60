//! What comes again and again: a packet that goes in circles does so until its time to live is over.
//!
//! ```text
//! a b c d c d c d e   →   a   b   (c d) × 3   e
//! ```

/// One or more things, and how often they come one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Round {
    /// The place of the first.
    pub at: usize,
    /// How many there are in one round.
    pub length: usize,
    /// How many rounds; of what does not come again, one.
    pub times: usize,
}

/// Fewer rounds than this are told one by one.
const FEWEST: usize = 3;

/// The longest round that is looked for: nobody sends a packet in a larger circle by mistake.
const LONGEST: usize = 16;

/// Finds rounds. Together they are all the things, in order.
pub(super) fn rounds<K: PartialEq>(keys: &[K]) -> Vec<Round> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = keys.get(at..).filter(|rest| !rest.is_empty()) {
        let count = |length: usize| {
            let mut each = rest.chunks_exact(length);
            let first = each.next();
            (first, 1 + each.take_while(|next| Some(*next) == first).count())
        };
        let circle = (1..=LONGEST.min(rest.len())).map(|length| (length, count(length).1)).find(|(_, n)| *n >= FEWEST);
        let (length, times) = circle.unwrap_or((1, 1));
        found.push(Round { at, length, times });
        at += length * times;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_three_times_is_a_round() {
        let found = |text: &str| {
            let keys: Vec<char> = text.chars().collect();
            rounds(&keys).into_iter().map(|round| (round.at, round.length, round.times)).collect::<Vec<_>>()
        };
        assert_eq!(found(""), []);
        assert_eq!(found("abab"), [(0, 1, 1), (1, 1, 1), (2, 1, 1), (3, 1, 1)]);
        assert_eq!(found("abcdcdcdc"), [(0, 1, 1), (1, 1, 1), (2, 2, 3), (8, 1, 1)]);
        assert_eq!(found("aaa"), [(0, 1, 3)]);
    }
}
