//! A command that is longer than the terminal is wide.
//!
//! ```text
//! ip netns exec node-1 nft add rule ip netlab postrouting \
//!     ip saddr 10.244.1.0/24 masquerade comment '"netlab: masquerade"'
//! ```
//!
//! It is broken as a person would: at a blank outside of quotes, with a backslash, so that what is copied still runs.

/// How far the further lines of a command stand in.
const MARGIN: &str = "    ";

/// No line is shorter, however narrow the terminal.
const LEAST: usize = 8;

/// Breaks a command into lines of at most this many columns. A word that is longer than a line is broken where the line
/// ends, as a terminal does.
pub fn lines(command: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(LEAST);
    let mut lines: Vec<String> = Vec::new();
    let mut words = words(command).into_iter().peekable();
    let mut line = String::new();
    let mut empty = true;
    while let Some(word) = words.next() {
        let backslash = if words.peek().is_some() { 2 } else { 0 };
        let wide = |text: &str| text.chars().count();
        if !empty && wide(&line) + 1 + wide(word) + backslash > columns {
            lines.push(format!("{line} \\"));
            line = MARGIN.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
        while wide(&line) > columns {
            let head: String = line.chars().take(columns).collect();
            line = line.chars().skip(columns).collect();
            lines.push(head);
        }
    }
    lines.push(line);
    lines
}

/// The words of a command as a shell takes them: a quoted text is one.
fn words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (place, c) in command.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => {
                words.extend(command.get(start..place));
                start = place + 1;
            }
            _ => {}
        }
    }
    words.extend(command.get(start..));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_command_is_one_line() {
        assert_eq!(lines("ip netns add red", 40), ["ip netns add red"]);
    }

    #[test]
    fn a_long_one_is_broken_at_blanks_and_a_shell_reads_it_back() {
        let command = "nft add rule ip netlab postrouting ip saddr 10.0.0.0/8 masquerade comment '\"one two three\"'";
        for columns in 30..100 {
            let broken = lines(command, columns);
            assert!(broken.iter().all(|line| line.chars().count() <= columns), "{columns}: {broken:?}");
            let joined = broken.join("\n").replace(" \\\n    ", " ");
            assert_eq!(joined, command, "{columns}");
        }
    }

    #[test]
    fn a_word_that_fits_nowhere_is_broken_where_the_line_ends() {
        assert_eq!(lines("a 'bcd efg hij'", 9).concat().replace(" \\    ", " "), "a 'bcd efg hij'");
    }
}
