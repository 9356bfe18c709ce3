//! The two databases: the edge's outbox, an SQLite file, and the hub's register, an SQLite file or a
//! PostgreSQL database. Both through sqlx.
//!
//! An SQLite file is opened with a write-ahead log, `synchronous=FULL` (a commit survives a power
//! cut), foreign keys on, one connection that writes, and a quick check of the pages before anything
//! is believed. [`StoreError`] tells apart what a caller treats differently: a full disk is waited
//! out, a damaged database needs a person.

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
mod error;
#[cfg(feature = "hub")]
pub mod hub;
#[cfg(feature = "edge")]
mod sqlite;

pub use error::StoreError;

use sqlx::Connection;

/// False for a connection that must be closed. SQLite ends a transaction by itself when its commit
/// meets a full disk; sqlx then cannot roll it back and counts it as open for ever. Transactions that
/// follow would be savepoints within nothing: reported as committed and never written.
async fn is_reusable<C: Connection>(connection: &mut C) -> Result<bool, sqlx::Error> {
    // Behind the rollback that a dropped transaction has queued.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}
