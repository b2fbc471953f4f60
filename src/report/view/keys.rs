//! The keys, and what they mean forwards and backwards.
//!
//! ```text
//! Enter next  c chapter  r rest  b back  e explain  s shell  q quit  ? keys
//! ```

use crate::step::Way;

/// What a key, or a line that is typed, asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The next step.
    Next,
    /// The rest of its chapter.
    Chapter,
    /// All that is left.
    Rest,
    /// One step in the other direction.
    Back,
    /// What stands behind the next step.
    Explain,
    /// A shell in its machine.
    Shell,
    /// Leave; the lab stays.
    Quit,
    /// What the keys mean.
    Keys,
}

/// All of them: the key, the word for the line of keys, and what it does.
pub fn all(way: Way) -> [(Answer, &'static str, &'static str, &'static str); 8] {
    use Answer::{Back, Chapter, Explain, Keys, Next, Quit, Rest, Shell};
    match way {
        Way::Do => [
            (Next, "Enter", "next", "do the next step (n and the space bar too)"),
            (Chapter, "c", "chapter", "do the steps that are left of its chapter"),
            (Rest, "r", "rest", "do all that is left; any key stops it"),
            (Back, "b", "back", "undo the last step"),
            (Explain, "e", "explain", "what stands behind the next step"),
            (Shell, "s", "shell", "a shell in the step's machine; `exit` comes back here"),
            (Quit, "q", "quit", "leave; the lab stays as it is"),
            (Keys, "?", "keys", "this list"),
        ],
        Way::Undo => [
            (Next, "Enter", "undo", "undo the next step (n and the space bar too)"),
            (Chapter, "c", "chapter", "undo the steps that are left of its chapter"),
            (Rest, "r", "rest", "undo all that is left, and take the lab away; any key stops it"),
            (Back, "b", "redo", "do the step again that was undone last"),
            (Explain, "e", "explain", "what stands behind the next step"),
            (Shell, "s", "shell", "a shell in the step's machine; `exit` comes back here"),
            (Quit, "q", "quit", "leave; the lab stays as it is"),
            (Keys, "?", "keys", "this list"),
        ],
    }
}

impl Answer {
    /// What a single character asks for.
    pub fn of(key: char) -> Option<Self> {
        Some(match key.to_ascii_lowercase() {
            'n' | ' ' | '\n' | '\r' => Answer::Next,
            'c' => Answer::Chapter,
            'r' => Answer::Rest,
            'b' => Answer::Back,
            'e' => Answer::Explain,
            's' => Answer::Shell,
            'q' => Answer::Quit,
            '?' | 'h' => Answer::Keys,
            _ => return None,
        })
    }

    /// What a typed line asks for: its first character, and an empty one for the next step.
    pub fn of_line(line: &str) -> Option<Self> {
        match line.trim().chars().next() {
            None => Some(Answer::Next),
            Some(key) => Answer::of(key),
        }
    }
}

/// The keys as a list.
pub fn text(way: Way) -> String {
    let lines = all(way);
    lines.iter().map(|(_, key, _, meaning)| format!("  {key:<6} {meaning}\n")).collect()
}
