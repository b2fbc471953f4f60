//! Comments, which the kernel keeps without reading them ("user data").
//!
//! ```text
//! 00      0c      68 65 6c 6c 6f 20 74 68 65 72 65 00
//! comment length  h  e  l  l  o     t  h  e  r  e  end
//! ```
//!
//! The layout is an agreement among programs: `NFTNL_UDATA_*` in libnftnl's `udata.h`, the same for tables and rules.

use crate::kernel::netfilter::attribute::text;

/// `NFTNL_UDATA_RULE_COMMENT` and `NFTNL_UDATA_TABLE_COMMENT`.
const COMMENT: u8 = 0;

/// The longest comment that `nft` takes, in bytes (`NFTNL_UDATA_COMMENT_MAXLEN`).
const LONGEST: usize = 128;

/// The user data for a comment; the reason, if `nft` could not have written it.
pub fn encode(comment: &str) -> Result<Vec<u8>, String> {
    if comment.len() > LONGEST {
        return Err(format!("a comment has at most {LONGEST} bytes, this one has {}", comment.len()));
    }
    if comment.contains(['"', '\0']) {
        return Err("a comment cannot contain a double quote or a zero byte: nft has no way to write them".into());
    }
    let mut bytes = Vec::with_capacity(comment.len() + 3);
    bytes.extend_from_slice(&[COMMENT, comment.len() as u8 + 1]);
    bytes.extend_from_slice(comment.as_bytes());
    bytes.push(0);
    Ok(bytes)
}

/// The comment in user data, if there is one.
pub fn decode(mut userdata: &[u8]) -> Option<String> {
    loop {
        let (&[kind, length], rest) = userdata.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(usize::from(length))?;
        if kind == COMMENT {
            return Some(text(value).into_owned());
        }
        userdata = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for comment in ["", "hello there", "für ünïcode", &"x".repeat(LONGEST)] {
            assert_eq!(decode(&encode(comment).unwrap()).as_deref(), Some(comment));
        }
        assert_eq!(encode("hello there").unwrap(), b"\0\x0chello there\0");
    }

    #[test]
    fn what_nft_cannot_write_is_refused() {
        assert!(encode(&"x".repeat(LONGEST + 1)).is_err());
        assert!(encode("say \"hi\"").is_err());
    }

    #[test]
    fn other_user_data_is_skipped() {
        assert_eq!(decode(b"\x02\x01x\0\x02a\0").as_deref(), Some("a"));
        assert_eq!(decode(b"\x02\x05x"), None);
        assert_eq!(decode(b""), None);
    }
}
