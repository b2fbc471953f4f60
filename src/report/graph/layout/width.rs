//! How wide a text is, at most: nobody knows which font will be there when it is looked at.
//!
//! ```text
//! DejaVu Sans and DejaVu Sans Mono are the widest of the fonts that are asked for: theirs is the width that is reckoned
//! with. With Helvetica or Segoe UI there is some more room.
//! ```

use super::shape::Style;

/// The advance of every letter of DejaVu Sans Mono and of Menlo, in ems.
const MONO: f64 = 0.605;

/// The width of a text in pixels.
pub fn width(text: &str, style: Style) -> f64 {
    let advance = |c: char| match (style.mono(), style.bold()) {
        _ if !c.is_ascii() && !is_narrow(c) => 1.1,
        (true, _) => MONO,
        (false, true) => sans(c) * 1.12,
        (false, false) => sans(c),
    };
    text.chars().map(advance).sum::<f64>() * style.size()
}

/// Signs beyond ASCII that netlab writes itself, and that are no wider than letters.
fn is_narrow(c: char) -> bool {
    matches!(c, '\u{a0}' | '…' | '·' | '–' | 'é' | '→' | '←' | '═' | '×' | 'µ' | '✗')
}

/// The advance of a letter of DejaVu Sans in ems, or a little more.
fn sans(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        '.' | ',' | ':' | ';' | ' ' | '!' | 'I' => 0.34,
        'f' | 't' | 'r' | '-' | '(' | ')' | '[' | ']' | '/' => 0.42,
        's' | 'c' | 'z' | 'k' | 'v' | 'x' | 'y' => 0.6,
        'm' | 'M' | 'W' | '@' | '%' => 1.0,
        'w' | '<' | '>' | '=' | '+' | '~' | '→' | '←' | '×' | '…' => 0.85,
        c if c.is_ascii_uppercase() => 0.76,
        _ => 0.645,
    }
}

/// A text that is no wider than this: its middle is left out if need be, as names often differ at their ends.
pub fn fit(text: &str, style: Style, most: f64) -> String {
    if width(text, style) <= most {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    for kept in (2..letters.len()).rev() {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let short: String =
            letters.iter().take(head).chain(['…'].iter()).chain(letters.iter().skip(letters.len() - tail)).collect();
        if width(&short, style) <= most {
            return short;
        }
    }
    "…".into()
}

/// A text as lines of at most this width, broken between words; a longer word is cut.
pub fn wrap(text: &str, style: Style, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer {
            Some(longer) if width(&longer, style) <= most => {
                lines.pop();
                lines.push(longer);
            }
            _ => lines.push(fit(word, style, most)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_loses_its_middle() {
        let name = "a-very-long-name-of-a-pod-17";
        let short = fit(name, Style::Guest, 100.0);
        assert!(width(&short, Style::Guest) <= 100.0);
        assert!(short.starts_with("a-v") && short.ends_with("17") && short.contains('…'), "{short}");
        assert_eq!(fit("pod-a", Style::Guest, 100.0), "pod-a");
        assert_eq!(fit("pod-a", Style::Guest, 1.0), "…");
    }

    #[test]
    fn lines_are_no_wider_than_asked_for() {
        let text = "one two three averyveryverylongwordthatfitsnowhere four";
        for most in [60.0, 100.0, 300.0] {
            assert!(wrap(text, Style::Note, most).iter().all(|line| width(line, Style::Note) <= most));
        }
    }
}
