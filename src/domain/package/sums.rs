//! `SHA256SUMS`: one line a file, `<64 hexadecimal digits>  <name>`, ordered by name.

use super::{BadName, ENTRIES_MAX, check_name};
use std::collections::BTreeMap;

/// Digest by name.
pub type Sums = BTreeMap<String, String>;

/// Why a list is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSums {
    #[error("it is no text")]
    NotText,
    #[error("more than {ENTRIES_MAX} lines")]
    TooMany,
    #[error("line {line}: expected 64 hexadecimal digits, two spaces and a name")]
    Line { line: usize },
    #[error("line {line}: {reason}")]
    Name { line: usize, reason: BadName },
    #[error("its lines are not ordered by name, each once, each ended by a line feed")]
    Form,
}

pub fn write(sums: &Sums) -> String {
    sums.iter().map(|(name, sha256)| format!("{sha256}  {name}\n")).collect()
}

pub fn parse(bytes: &[u8]) -> Result<Sums, BadSums> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadSums::NotText)?;
    let mut sums = Sums::new();
    for (index, row) in text.lines().enumerate() {
        let line = index + 1;
        if line > ENTRIES_MAX {
            return Err(BadSums::TooMany);
        }
        let (sha256, name) = row.split_once("  ").ok_or(BadSums::Line { line })?;
        if !is_digest(sha256) {
            return Err(BadSums::Line { line });
        }
        check_name(name).map_err(|reason| BadSums::Name { line, reason })?;
        sums.insert(name.to_owned(), sha256.to_owned());
    }
    if write(&sums) != text {
        return Err(BadSums::Form);
    }
    Ok(sums)
}

pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_is_read_and_it_is_the_one_written() {
        let digest = "0a".repeat(32);
        let sums: Sums =
            [("b.jpg".to_owned(), digest.clone()), ("a.jpg".to_owned(), digest.clone())].into();
        let text = write(&sums);
        assert_eq!(text, format!("{digest}  a.jpg\n{digest}  b.jpg\n"));
        assert_eq!(parse(text.as_bytes()), Ok(sums));
        assert_eq!(parse(b"\xff"), Err(BadSums::NotText));
        assert_eq!(parse(format!("{digest} a\n").as_bytes()), Err(BadSums::Line { line: 1 }));
        let upper = format!("{}  a\n", digest.to_uppercase());
        assert_eq!(parse(upper.as_bytes()), Err(BadSums::Line { line: 1 }));
        let out = format!("{digest}  ../a\n");
        assert_eq!(
            parse(out.as_bytes()),
            Err(BadSums::Name { line: 1, reason: BadName::LeadsOut })
        );
        for form in [
            format!("{digest}  b\n{digest}  a\n"),
            format!("{digest}  a\n{digest}  a\n"),
            format!("{digest}  a"),
            format!("{digest}  a\r\n"),
        ] {
            assert_eq!(parse(form.as_bytes()), Err(BadSums::Form), "{form:?}");
        }
    }
}
