//! What can go wrong with a database, sorted by what is to be done.

use sqlx::{error::DatabaseError, migrate::MigrateError};

/// `place`: the file, or the address of the database without its password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{place}: cannot be opened: {reason}; check that it is there and may be written")]
    Open { place: String, reason: String },
    #[error(
        "{place}: the disk is full; free space there, nothing is lost and writing goes on by itself"
    )]
    Full { place: String },
    #[error(
        "{place}: the database is damaged ({reason}); keep a copy of it and restore a backup, or move it away to begin with an empty one"
    )]
    Damaged { place: String, reason: String },
    #[error("{place}: {reason}; it was written by another version of gridwarden")]
    Version { place: String, reason: String },
    #[error(
        "{place}: table {table}, {row}: {reason}; another program may have written there: restore a backup"
    )]
    Content { place: String, table: &'static str, row: String, reason: String },
    #[error("{place}: {reason}")]
    Failed { place: String, reason: String },
}

impl StoreError {
    /// Trying again later can help without a person changing the database.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Failed { .. })
    }

    pub(super) fn from_sqlx(place: &str, error: sqlx::Error) -> Self {
        let (place, reason) = (place.to_owned(), error.to_string());
        match error.as_database_error().and_then(DatabaseError::code).map(|code| sort(&code)) {
            Some(Sort::Full) => Self::Full { place },
            Some(Sort::Damaged) => Self::Damaged { place, reason },
            Some(Sort::Closed) => Self::Open { place, reason },
            Some(Sort::Other) | None => Self::Failed { place, reason },
        }
    }

    pub(super) fn from_migration(place: &str, error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => Self::from_sqlx(place, error),
            other => Self::Version { place: place.to_owned(), reason: other.to_string() },
        }
    }
}

enum Sort {
    Full,
    Damaged,
    Closed,
    Other,
}

/// SQLite's result codes are numbers of up to four digits (<https://sqlite.org/rescode.html>), the low
/// byte being the primary one; PostgreSQL's have five places
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn sort(code: &str) -> Sort {
    match code {
        "53100" => return Sort::Full,
        "XX001" | "XX002" => return Sort::Damaged,
        // Unknown database, wrong password, missing privilege.
        "3D000" | "28000" | "28P01" | "42501" => return Sort::Closed,
        _ if code.len() == 5 => return Sort::Other,
        _ => {}
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(SQLITE_FULL) => Sort::Full,
        Ok(SQLITE_CORRUPT | SQLITE_NOTADB) => Sort::Damaged,
        Ok(SQLITE_CANTOPEN | SQLITE_READONLY | SQLITE_PERM) => Sort::Closed,
        _ => Sort::Other,
    }
}

const SQLITE_PERM: u32 = 3;
const SQLITE_READONLY: u32 = 8;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_NOTADB: u32 = 26;

#[cfg(test)]
mod tests {
    use super::{Sort, sort};

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        assert!(matches!(sort("13"), Sort::Full));
        assert!(matches!(sort("53100"), Sort::Full));
        assert!(matches!(sort("267"), Sort::Damaged), "SQLITE_CORRUPT_VTAB");
        // Its low byte is that of SQLITE_FULL.
        assert!(matches!(sort("53005"), Sort::Other));
        assert!(matches!(sort("57P01"), Sort::Other), "shut down: it comes back");
        assert!(matches!(sort("28P01"), Sort::Closed));
    }
}
