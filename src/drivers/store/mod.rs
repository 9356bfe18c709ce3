//! The two databases: the edge's outbox and the hub's register. SQLite through sqlx.
//!
//! Both are opened by [`open_sqlite`]: write-ahead log, `synchronous=FULL` (a commit survives a
//! power cut), foreign keys on, one connection, and a quick check of the pages before anything is
//! believed. [`StoreError`] tells apart what a caller treats differently: a full disk is waited
//! out, a damaged file needs a person.

#[cfg(feature = "edge")]
pub mod commit_queue;
#[cfg(feature = "edge")]
pub mod edge;
/// What has stood for long and is no case yet.
#[cfg(feature = "edge")]
mod edge_candidates;
/// Spots that stay quiet.
#[cfg(feature = "edge")]
mod edge_mutes;
/// Looks that wait, and the answers given.
#[cfg(feature = "edge")]
pub mod edge_verifications;
#[cfg(feature = "hub")]
pub mod hub;

use sqlx::{
    Connection, SqliteConnection, SqlitePool,
    error::DatabaseError,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: cannot be opened: {reason}; check that the folder exists and may be written")]
    Open { path: PathBuf, reason: String },
    #[error(
        "{path}: the disk is full; free space there, nothing is lost and writing goes on by itself"
    )]
    Full { path: PathBuf },
    #[error(
        "{path}: the database is damaged ({reason}); keep a copy of it and restore a backup, or move it away to begin with an empty one"
    )]
    Damaged { path: PathBuf, reason: String },
    #[error("{path}: {reason}; it was written by another version of gridwarden")]
    Version { path: PathBuf, reason: String },
    #[error(
        "{path}: table {table}, {row}: {reason}; another program may have written there: restore a backup"
    )]
    Content { path: PathBuf, table: &'static str, row: String, reason: String },
    #[error("{path}: {reason}")]
    Failed { path: PathBuf, reason: String },
}

impl StoreError {
    /// Trying again later can help without a person changing the file.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Failed { .. })
    }

    /// Sorts an sqlx error by SQLite's primary result code.
    pub(crate) fn from_sqlx(path: &Path, error: sqlx::Error) -> Self {
        let (path, reason) = (path.to_owned(), error.to_string());
        let code = error.as_database_error().and_then(DatabaseError::code);
        let code = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
        match code {
            Some(SQLITE_FULL) => Self::Full { path },
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged { path, reason },
            Some(SQLITE_CANTOPEN | SQLITE_READONLY | SQLITE_PERM) => Self::Open { path, reason },
            _ => Self::Failed { path, reason },
        }
    }
}

// Primary result codes, https://sqlite.org/rescode.html
const SQLITE_PERM: u32 = 3;
const SQLITE_READONLY: u32 = 8;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_NOTADB: u32 = 26;

/// False for a connection that must be closed. SQLite ends a transaction by itself when its commit
/// meets a full disk; sqlx then cannot roll it back and counts it as open for ever. Transactions that
/// follow would be savepoints within nothing: reported as committed and never written.
async fn is_reusable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Behind the rollback that a dropped transaction has queued.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Opens or creates the file, checks it and brings it to the newest schema.
pub(crate) async fn open_sqlite(
    path: &Path,
    migrations: &Migrator,
) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5));
    let failed = |error| StoreError::from_sqlx(path, error);
    // One connection: SQLite has one writer anyway, and this keeps transactions in call order.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .after_release(|connection, _| Box::pin(is_reusable(connection)))
        .connect_with(options)
        .await
        .map_err(failed)?;
    let faults: Vec<String> =
        sqlx::query_scalar("PRAGMA quick_check(3)").fetch_all(&pool).await.map_err(failed)?;
    if faults != ["ok"] {
        return Err(StoreError::Damaged { path: path.to_owned(), reason: faults.join("; ") });
    }
    migrations.run(&pool).await.map_err(|error| match error {
        MigrateError::Execute(error) => StoreError::from_sqlx(path, error),
        other => StoreError::Version { path: path.to_owned(), reason: other.to_string() },
    })?;
    Ok(pool)
}
