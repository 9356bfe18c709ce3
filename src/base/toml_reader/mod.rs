//! Reads a TOML text into a checked value and reports *all* faults at once.
//!
//! ```text
//! read(file_name, text, |root| -> Option<T>) -> Result<T, Faults>
//!   Table --value("key")--> Field --in_range/one_of/parsed/check--> required | optional | or(default)
//!         --table("key") / tables("key")--> Table
//! ```
//!
//! Enters: a text and the name to call it by in messages. Leaves: what the closure built, or every
//! fault with file, line, key path, value and what is allowed. Invariants: a key that the closure
//! never asked for is a fault (raised when its [`Table`] is dropped); after any fault the closure's
//! result is thrown away, so it may go on with defaults. Ask for every key before the first `?`, or
//! the keys after it would count as unknown.

mod fault;
mod field;

pub use fault::{Fault, Faults};
pub use field::{Field, FromToml};

use std::{cell::RefCell, ops::Range};
use toml_edit::{Document, Item, TableLike};

/// Parse `text` and build a value from its root table. `file` is only used in messages.
pub fn read<T>(
    file: &str,
    text: &str,
    build: impl FnOnce(Table<'_>) -> Option<T>,
) -> Result<T, Faults> {
    let source = Source { file, text, faults: RefCell::default() };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let line = source.line(error.span());
            return Err(Faults::new(vec![Fault::syntax(file, line, error.message())]));
        }
    };
    let root: &dyn TableLike = document.as_table();
    let built =
        build(Table { source: &source, table: root, path: String::new(), line: 1, asked: vec![] });
    let faults = source.faults.into_inner();
    match built {
        Some(built) if faults.is_empty() => Ok(built),
        None if faults.is_empty() => {
            Err(Faults::new(vec![Fault::syntax(file, 1, "is incomplete")]))
        }
        _ => Err(Faults::new(faults)),
    }
}

/// The text being read and the faults found so far.
struct Source<'d> {
    file: &'d str,
    text: &'d str,
    faults: RefCell<Vec<Fault>>,
}

impl Source<'_> {
    /// Line number, from 1, of a place in the text.
    fn line(&self, span: Option<Range<usize>>) -> usize {
        let end = span.map_or(0, |span| span.start.min(self.text.len()));
        self.text.as_bytes()[..end].iter().filter(|&&byte| byte == b'\n').count() + 1
    }

    /// The text of a value on one line, shortened for a message.
    fn shown(&self, item: &Item) -> String {
        const SHOWN_CHARS_MAX: usize = 80;
        let text = item.span().and_then(|span| self.text.get(span)).unwrap_or(item.type_name());
        let mut shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let (Some(scheme), Some(at)) = (shown.find("://"), shown.rfind('@'))
            && scheme < at
        {
            // Whoever reads the message need not know the password in an address.
            shown.replace_range(scheme + 3..at, "***");
        }
        if let Some((cut, _)) = shown.char_indices().nth(SHOWN_CHARS_MAX) {
            shown.truncate(cut);
            shown.push_str("...");
        }
        shown
    }

    fn add(&self, line: usize, key_path: &str, value: Option<String>, allowed: impl Into<String>) {
        self.faults.borrow_mut().push(Fault {
            file: self.file.to_owned(),
            line,
            key_path: key_path.to_owned(),
            value,
            allowed: allowed.into(),
        });
    }
}

/// One table and the keys asked of it so far; dropping it reports the keys nobody asked for.
pub struct Table<'d> {
    source: &'d Source<'d>,
    table: &'d dyn TableLike,
    path: String,
    line: usize,
    asked: Vec<String>,
}

impl<'d> Table<'d> {
    /// Line of the table's header, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Line of one key, from 1; of the table where the key is missing.
    pub fn line_of(&self, key: &str) -> usize {
        let span = self.table.key(key).and_then(|key| key.span());
        span.map_or(self.line, |span| self.source.line(Some(span)))
    }

    /// Every key that is there, in file order; for tables whose keys are names.
    pub fn keys(&self) -> Vec<String> {
        self.table.iter().map(|(key, _)| key.to_owned()).collect()
    }

    /// One value, checked to be of type `T`.
    pub fn value<T: FromToml>(&mut self, key: &str) -> Field<'d, T> {
        let path = self.path_of(key);
        let Some((line, item)) = self.ask(key) else {
            return Field::missing(self.source, path, self.line);
        };
        Field::read(self.source, path, line, item)
    }

    /// A table that must be there, as `[key]` or `key = { }`.
    pub fn required_table(&mut self, key: &str) -> Option<Table<'d>> {
        let found = self.table.contains_key(key);
        let table = self.table(key);
        if !found {
            self.source.add(self.line, &self.path_of(key), None, "a table is required");
        }
        table
    }

    /// A table that may be left out.
    pub fn table(&mut self, key: &str) -> Option<Table<'d>> {
        let path = self.path_of(key);
        let (line, item) = self.ask(key)?;
        let Some(table) = item.as_table_like() else {
            self.source.add(line, &path, Some(self.source.shown(item)), "a table is expected");
            return None;
        };
        Some(Table { source: self.source, table, path, line, asked: vec![] })
    }

    /// A list of tables, as `[[key]]` or `key = [{ }, { }]`; empty where it is left out.
    pub fn tables(&mut self, key: &str) -> Vec<Table<'d>> {
        let path = self.path_of(key);
        let Some((line, item)) = self.ask(key) else { return Vec::new() };
        let child = |index: usize, table: &'d dyn TableLike, span| Table {
            source: self.source,
            table,
            path: format!("{path}[{index}]"),
            line: self.source.line(span),
            asked: vec![],
        };
        if let Some(tables) = item.as_array_of_tables() {
            return (tables.iter().enumerate())
                .map(|(index, table)| child(index, table, table.span()))
                .collect();
        }
        let inline = item.as_array().and_then(|array| {
            array.iter().map(toml_edit::Value::as_inline_table).collect::<Option<Vec<_>>>()
        });
        let Some(inline) = inline else {
            let shown = Some(self.source.shown(item));
            self.source.add(line, &path, shown, "a list of tables [[...]] is expected");
            return Vec::new();
        };
        (inline.into_iter().enumerate())
            .map(|(index, table)| child(index, table, table.span()))
            .collect()
    }

    /// A tombstone: `old` is a fault that names its successor.
    pub fn renamed(&mut self, old: &str, new: &str) {
        self.refuse(old, &format!("this key was renamed; write `{new}`"));
    }

    /// If `key` is there, it is a fault; for keys that another key's value rules out.
    pub fn refuse(&mut self, key: &str, allowed: &str) {
        if self.table.contains_key(key) {
            self.fault(key, allowed);
        }
    }

    /// Report that `key`, valid by itself, does not fit the rest.
    pub fn fault(&mut self, key: &str, allowed: impl Into<String>) {
        let path = self.path_of(key);
        match self.ask(key) {
            Some((line, item)) => {
                self.source.add(line, &path, Some(self.source.shown(item)), allowed);
            }
            None => self.source.add(self.line, &path, None, allowed),
        }
    }

    /// What is left cannot be judged, because a key that decides over it is faulty.
    pub fn skip_rest(mut self) {
        self.asked = self.keys();
    }

    fn ask(&mut self, key: &str) -> Option<(usize, &'d Item)> {
        self.asked.push(key.to_owned());
        let (key, item) = self.table.get_key_value(key)?;
        Some((self.source.line(key.span()), item))
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        for (key, item) in self.table.iter() {
            if self.asked.iter().any(|asked| asked == key) {
                continue;
            }
            let line = self.source.line(self.table.key(key).and_then(|key| key.span()));
            let allowed = fault::unknown_key(key, &self.asked);
            self.source.add(line, &self.path_of(key), Some(self.source.shown(item)), allowed);
        }
    }
}

#[cfg(test)]
mod tests;
