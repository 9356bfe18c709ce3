//! Opening an SQLite file that has one user.

use super::{StoreError, is_reusable};
use sqlx::{
    SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// Opens or creates the file, checks it and brings it to the newest schema.
pub async fn open(path: &Path, migrations: &Migrator) -> Result<SqlitePool, StoreError> {
    let place = path.to_string_lossy();
    let failed = |error| StoreError::from_sqlx(&place, error);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5));
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
        return Err(StoreError::Damaged { place: place.into_owned(), reason: faults.join("; ") });
    }
    migrations.run(&pool).await.map_err(|error| StoreError::from_migration(&place, error))?;
    Ok(pool)
}
