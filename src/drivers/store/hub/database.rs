//! Where the register is kept, and its connections: one that writes, a few that read.
//!
//! Invariant: one transaction writes at a time, whichever database and however many hubs. SQLite does
//! that by itself (`BEGIN IMMEDIATE`); in PostgreSQL each writing transaction first takes one lock.
//! So what a transaction has read is true until it commits, and a decision needs no second try.

use crate::{
    base::secret::Secret,
    drivers::store::{StoreError, is_reusable},
};
use sqlx::{
    Any, AnyPool, Executor, Transaction,
    any::{AnyConnectOptions, AnyPoolOptions},
    pool::PoolConnection,
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Enough for the page's parallel requests; each is short.
const READERS_MAX: u32 = 4;
/// A database that went away is a failure to be told of by then, and tried again.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(5);

/// SQLite's own "wait for a lock", and that a commit survives a power cut. Room for the pages that a
/// batch of facts touches (32 MB), and a log that takes some (40 MB) before they are written to their
/// places, each once.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -32768; \
     PRAGMA wal_autocheckpoint = 10000;";
/// Every query has its index, and joins follow it. A plan that was made while the tables were small, and
/// reads them whole, would be kept while they grow.
const POSTGRES_SETTINGS: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";
/// What facts change again and again has room beside it for its next version: then no index is written.
const POSTGRES_TABLES: &str = "ALTER TABLE cases SET (fillfactor = 70); \
     ALTER TABLE fact_streams SET (fillfactor = 70); ALTER TABLE clocks SET (fillfactor = 70)";
/// The number is ours alone: the first eight letters of the product's name.
const POSTGRES_WRITE: &str = "BEGIN; SELECT pg_advisory_xact_lock(7454136213472113252);";

/// An SQLite file, or a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    /// `url` without a password: `postgres://user@host/database?sslmode=verify-full`.
    Postgres {
        url: String,
        password: Option<Secret>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres { url, .. } => f.write_str(url),
        }
    }
}

impl Place {
    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Postgres { .. } => None,
        }
    }

    fn options(&self, mode: &str) -> Result<AnyConnectOptions, sqlx::Error> {
        match self {
            Self::File(path) => {
                // Absolute, or its first folder would be read as a host.
                let path = std::path::absolute(path).map_err(sqlx::Error::Io)?;
                let path = path.to_string_lossy().replace('%', "%25");
                let path = path.replace('?', "%3F").replace('#', "%23");
                format!("sqlite://{path}?mode={mode}").parse()
            }
            Self::Postgres { url, password } => {
                let mut options: AnyConnectOptions = url.parse()?;
                if let Some(password) = password {
                    // Fails only for an address without a host, which has no use for one.
                    let _ = options.database_url.set_password(Some(password.reveal()));
                }
                Ok(options)
            }
        }
    }

    fn pool(&self, connections_max: u32) -> AnyPoolOptions {
        let pool = AnyPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(ACQUIRE_WITHIN)
            .after_release(|connection, _| Box::pin(is_reusable(connection)));
        let settings = match self {
            Self::File(_) => SQLITE_SETTINGS,
            Self::Postgres { .. } => POSTGRES_SETTINGS,
        };
        pool.after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(settings).await.map(drop) })
        })
    }
}

/// Clones share the connections.
#[derive(Clone)]
pub(super) struct Database {
    writer: AnyPool,
    readers: AnyPool,
    place: Arc<Place>,
}

impl Database {
    /// Opens or creates it, checks it and brings it to the newest schema.
    pub async fn open(place: Place) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let shown = place.to_string();
        let failed = |error| StoreError::from_sqlx(&shown, error);
        let options = place.options("rwc").map_err(failed)?;
        // One connection: it keeps transactions in call order.
        let writer = place.pool(1).connect_with(options).await.map_err(failed)?;
        if place.file().is_some() {
            let faults: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(3)")
                .fetch_all(&writer)
                .await
                .map_err(failed)?;
            if faults != ["ok"] {
                return Err(StoreError::Damaged { place: shown, reason: faults.join("; ") });
            }
        }
        sqlx::migrate!("src/drivers/store/migrations/hub")
            .run(&writer)
            .await
            .map_err(|error| StoreError::from_migration(&shown, error))?;
        if place.file().is_none() {
            writer.execute(POSTGRES_TABLES).await.map_err(failed)?;
        }
        // An SQLite file is opened for reading only; in PostgreSQL that is a matter of privileges.
        let options = place.options("ro").map_err(failed)?;
        let readers = place.pool(READERS_MAX).connect_with(options).await.map_err(failed)?;
        Ok(Self { writer, readers, place: Arc::new(place) })
    }

    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// For single statements; more than one that belong together go through [`Database::write`].
    pub fn writer(&self) -> &AnyPool {
        &self.writer
    }

    pub fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// For a [`super::statement::Statement`].
    pub async fn reader(&self) -> Result<PoolConnection<Any>, sqlx::Error> {
        self.readers.acquire().await
    }

    /// A transaction that nobody writes beside.
    pub async fn write(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.writer
            .begin_with(match *self.place {
                Place::File(_) => "BEGIN IMMEDIATE",
                Place::Postgres { .. } => POSTGRES_WRITE,
            })
            .await
    }

    /// A transaction that sees one moment, however many queries it makes.
    pub async fn snapshot(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.readers
            .begin_with(match *self.place {
                Place::File(_) => "BEGIN",
                Place::Postgres { .. } => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            })
            .await
    }
}

#[cfg(test)]
impl Database {
    pub fn is_file(&self) -> bool {
        self.place.file().is_some()
    }
}

#[cfg(test)]
impl super::HubStore {
    /// What someone with access to the database does behind the program's back.
    pub async fn written_by_another(&self, statement: &'static str) {
        sqlx::query(statement).execute(self.database.writer()).await.unwrap();
    }
}

#[cfg(test)]
impl Place {
    /// A place of a test's own: a file in its folder, or in the PostgreSQL server that
    /// `tests/postgres.sh` runs (`GRIDWARDEN_TEST_POSTGRES`) a database named after the folder.
    pub async fn of_test(dir: &Path) -> Self {
        let Ok(server) = std::env::var("GRIDWARDEN_TEST_POSTGRES") else {
            return Self::File(dir.join("hub.db"));
        };
        let name: String =
            dir.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("t{}", name.to_lowercase());
        sqlx::any::install_default_drivers();
        let address = format!("{server}/postgres");
        let mut connection =
            <sqlx::AnyConnection as sqlx::Connection>::connect(&address).await.unwrap();
        let make = format!("CREATE DATABASE {name}");
        let made = sqlx::query(sqlx::AssertSqlSafe(make)).execute(&mut connection).await;
        if let Err(error) = made {
            let code = error.as_database_error().and_then(|error| error.code());
            assert_eq!(code.as_deref(), Some("42P04"), "it is there already: {error}");
        }
        Self::Postgres { url: format!("{server}/{name}"), password: None }
    }
}
