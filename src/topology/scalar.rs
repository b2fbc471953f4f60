//! What a bare word means in YAML 1.2's core schema, which is stricter than most people's memory.
//!
//! | written | is |
//! |---|---|
//! | `true`, `True`, `TRUE` | a boolean |
//! | `yes`, `on`, `"true"` | text |
//! | `12`, `0x1f`, `0o17` | a number |
//! | `017` | the number 17: a leading zero means nothing |
//! | nothing, `~`, `null` | nothing |

use std::borrow::Cow;

use super::diagnostic::quoted;

/// A scalar as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar<'t> {
    /// Its text, without quotes and with escapes resolved.
    pub text: Cow<'t, str>,
    /// Whether it is bare: neither quoted nor a block.
    pub plain: bool,
}

/// What a scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number. Its value is wanted only where it is small.
    Integer(Option<u32>),
    /// A number with a point or an exponent.
    Float,
    /// Text.
    Text,
}

impl Scalar<'_> {
    /// Resolves the scalar by the core schema.
    pub fn meaning(&self) -> Meaning {
        if !self.plain {
            return Meaning::Text;
        }
        match self.text.as_ref() {
            "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
            "true" | "True" | "TRUE" => Meaning::Bool(true),
            "false" | "False" | "FALSE" => Meaning::Bool(false),
            text => number(text).unwrap_or(Meaning::Text),
        }
    }

    /// The scalar as messages call it.
    pub fn describe(&self) -> String {
        match self.meaning() {
            Meaning::Null => "nothing".to_owned(),
            Meaning::Bool(value) => format!("the boolean `{value}`"),
            Meaning::Integer(_) | Meaning::Float => format!("the number {}", quoted(&self.text)),
            Meaning::Text if self.text.is_empty() => "an empty text".to_owned(),
            Meaning::Text => format!("the text {}", quoted(&self.text)),
        }
    }
}

fn number(text: &str) -> Option<Meaning> {
    let based = |digits: &str, base: u32| {
        let legal = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
        legal.then(|| Meaning::Integer(u32::from_str_radix(digits, base).ok()))
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Meaning::Integer(text.parse().ok()));
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Meaning::Float);
    }
    // [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some_digits = !whole.is_empty() || !fraction.is_empty();
    let exponent_holds = exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    (some_digits && digits(whole) && digits(fraction) && exponent_holds).then_some(Meaning::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Meaning {
        Scalar { text: text.into(), plain: true }.meaning()
    }

    #[test]
    fn the_core_schema_and_nothing_older() {
        for text in ["yes", "no", "on", "off", "y", "0b1", "1_000", "12:30:45", "10.244.1.1", "1.2.3", "e3", "-", "0x"]
        {
            assert_eq!(plain(text), Meaning::Text, "{text}");
        }
        for text in ["1.5", "1.", ".5", "-1e3", "1E-7", ".inf", "-.INF", ".nan"] {
            assert_eq!(plain(text), Meaning::Float, "{text}");
        }
        assert_eq!(plain("017"), Meaning::Integer(Some(17)));
        assert_eq!(plain("0o17"), Meaning::Integer(Some(15)));
        assert_eq!(plain("0x1f"), Meaning::Integer(Some(31)));
        assert_eq!(plain("-1"), Meaning::Integer(None));
        assert_eq!(plain("TRUE"), Meaning::Bool(true));
        assert_eq!(plain("~"), Meaning::Null);
    }

    #[test]
    fn quotes_make_text() {
        for text in ["true", "1", "", "null"] {
            assert_eq!(Scalar { text: text.into(), plain: false }.meaning(), Meaning::Text);
        }
    }
}
