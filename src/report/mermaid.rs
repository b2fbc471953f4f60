//! What pictures in Mermaid have in common: how names and addresses stand in their labels.

/// Text as it stands in a label: Mermaid's `#34;` is what HTML calls `&#34;`.
pub(super) fn escape(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '/' | ' ') || !c.is_ascii();
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            c if plain(c) => escaped.push(c),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push_str(&format!("#{};", u32::from(c))),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mermaid_would_read_is_told_by_number() {
        assert_eq!(escape(r#"a"b<c>#;"#), "a#34;b#60;c#62;#35;#59;");
        assert_eq!(escape("a\nb"), "a\u{fffd}b");
    }
}
