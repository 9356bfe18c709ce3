//! What is wrong in a file, and where.

use std::fmt;

/// One thing wrong. Shown as `file:line: key.path = value: what is allowed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Empty where the fault is in the file as a whole.
    pub key_path: String,
    /// As written; none where the key is missing.
    pub value: Option<String>,
    pub allowed: String,
}

impl Fault {
    /// The text is no TOML, or not readable at all.
    pub fn syntax(file: &str, line: usize, reason: &str) -> Self {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { file: file.into(), line, key_path: String::new(), value: None, allowed: reason }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, key_path, value, allowed } = self;
        match value {
            _ if key_path.is_empty() => write!(f, "{file}:{line}: {allowed}"),
            Some(value) => write!(f, "{file}:{line}: {key_path} = {value}: {allowed}"),
            None => write!(f, "{file}:{line}: {key_path} is missing: {allowed}"),
        }
    }
}

/// At least one fault, in file order, none twice; shown one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        faults.dedup();
        Self(faults)
    }

    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    /// Join the faults of several files into one report.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// What to say of a key that nobody asked for.
pub(super) fn unknown_key(key: &str, known: &[String]) -> String {
    let nearest = known.iter().map(|known| (distance(key, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 1 + key.len() / 4 => {
            format!("unknown key; did you mean `{known}`?")
        }
        Some(_) => {
            let mut known: Vec<_> = known.iter().map(String::as_str).collect();
            known.sort_unstable();
            known.dedup();
            format!("unknown key; known here: {}", known.join(", "))
        }
        None => "unknown key; none is allowed here".to_owned(),
    }
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
