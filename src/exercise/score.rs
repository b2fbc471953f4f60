//! Points: 100 for an exercise, less for each hint and each check that failed.
//!
//! ```text
//! 100  solved at once, without a hint
//!  85  with one hint                     − 15 each
//!  80  and one check that failed         −  5 each
//!  10  solved in the end                 never less
//!   0  after the solution was shown, and while it is not solved
//! ```

/// What a solved exercise is worth.
pub const WHOLE: u32 = 100;

/// What a hint costs.
pub const HINT: u32 = 15;

/// What a check that fails costs.
pub const FAILED: u32 = 5;

/// What is left for whoever solves it in the end.
pub const LEAST: u32 = 10;

/// The points of an exercise that is solved after so many hints and failed checks.
pub fn points(hints: usize, failed: u32, solution_shown: bool) -> u32 {
    if solution_shown {
        return 0;
    }
    let hints = u32::try_from(hints).unwrap_or(u32::MAX);
    let lost = hints.saturating_mul(HINT).saturating_add(failed.saturating_mul(FAILED));
    WHOLE.saturating_sub(lost).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_costs_and_the_last_points_stay() {
        assert_eq!(points(0, 0, false), 100);
        assert_eq!(points(1, 1, false), 80);
        assert_eq!(points(3, 2, false), 45);
        assert_eq!(points(usize::MAX, u32::MAX, false), 10);
        assert_eq!(points(0, 0, true), 0);
    }
}
