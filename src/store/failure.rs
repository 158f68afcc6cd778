//! What a driver says, as the errors of the store.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::error::DatabaseError;

use super::StoreError;
use super::rows::Fault;

/// Which database an error is about.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The file, or the address without its password.
    pub(super) path: PathBuf,
}

/// The database is there, but cannot be used as it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

/// What a driver's error means to a caller.
enum Meaning {
    Full,
    Unavailable,
    Damaged,
    Foreign,
    Other,
}

impl Place {
    /// A place by path or address.
    pub(super) fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned() }
    }

    /// The store's error for a fault.
    pub(super) fn error(&self, doing: &'static str, fault: impl Into<Fault>) -> StoreError {
        let error = match fault.into() {
            Fault::Sql(error) => error,
            Fault::Content(detail) => return self.damaged(&detail),
            other => return StoreError::Driver { doing, source: Box::new(other) },
        };
        match meaning(&error) {
            Meaning::Full => StoreError::Full,
            Meaning::Unavailable => StoreError::Unavailable { source: Box::new(error) },
            Meaning::Damaged => self.damaged(&error.to_string()),
            Meaning::Foreign => self.foreign("it is no SQLite database; name another file"),
            Meaning::Other => StoreError::Driver { doing, source: Box::new(error) },
        }
    }

    /// The database is damaged, and what to do then.
    pub(super) fn damaged(&self, detail: &str) -> StoreError {
        let detail = format!("{detail}; run `platbook check` to see how far it goes, and restore a backup");
        StoreError::Damaged { path: self.path.clone(), detail }
    }

    /// Something else than a Platbook database is there.
    pub(super) fn foreign(&self, detail: &str) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), detail: detail.to_owned() }
    }

    /// The place itself is of no use, in words.
    pub(super) fn refused(&self, doing: &'static str, why: &str) -> StoreError {
        StoreError::Driver { doing, source: Box::new(Said(format!("{}: {why}", self.path.display()))) }
    }

    /// The database is gone, in words.
    pub(super) fn gone(&self, why: &str) -> StoreError {
        StoreError::Unavailable { source: Box::new(Said(format!("{}: {why}", self.path.display()))) }
    }
}

/// The same error for one more caller: errors of drivers cannot be cloned.
pub(super) fn again(error: &StoreError) -> StoreError {
    let said = |source: &dyn std::error::Error| Box::new(Said(source.to_string()));
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Unavailable { source } => StoreError::Unavailable { source: said(source.as_ref()) },
        StoreError::Damaged { path, detail } => StoreError::Damaged { path: path.clone(), detail: detail.clone() },
        StoreError::Driver { doing, source } => StoreError::Driver { doing, source: said(source.as_ref()) },
        other => StoreError::Driver { doing: "appending", source: said(other) },
    }
}

fn meaning(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::Database(error) => of_database(error.as_ref()),
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => Meaning::Full,
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => Meaning::Unavailable,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => Meaning::Damaged,
        _ => Meaning::Other,
    }
}

fn of_database(error: &dyn DatabaseError) -> Meaning {
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        return of_sqlite(code.parse().unwrap_or_default());
    }
    match code.as_ref() {
        "53100" => Meaning::Full,
        // Connection trouble, shutting down or starting up, out of connections.
        "57P01" | "57P02" | "57P03" | "53300" | "25006" => Meaning::Unavailable,
        "XX001" | "XX002" => Meaning::Damaged,
        other if other.starts_with("08") => Meaning::Unavailable,
        _ => Meaning::Other,
    }
}

/// Extended result codes of SQLite, <https://sqlite.org/rescode.html>.
fn of_sqlite(code: i32) -> Meaning {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const CORRUPT: i32 = 11;
    const FULL: i32 = 13;
    const NOT_A_DATABASE: i32 = 26;
    /// Growing the shared-memory file failed: no room, for nothing else can go wrong there.
    const IOERR_SHMSIZE: i32 = 4874;
    match code {
        IOERR_SHMSIZE => Meaning::Full,
        code => match code & 0xff {
            FULL => Meaning::Full,
            BUSY | LOCKED => Meaning::Unavailable,
            CORRUPT => Meaning::Damaged,
            NOT_A_DATABASE => Meaning::Foreign,
            _ => Meaning::Other,
        },
    }
}
