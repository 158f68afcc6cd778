//! The steps from an empty database to the schema this program reads.
//!
//! A step has the same number and meaning in both databases; a step that was released never changes.

use super::StoreError;

/// The steps of SQLite, the first is number 1.
pub(super) const SQLITE: [&str; 6] = [
    include_str!("../../migrations/sqlite/0001_log.sql"),
    include_str!("../../migrations/sqlite/0002_accounts.sql"),
    include_str!("../../migrations/sqlite/0003_webhooks.sql"),
    include_str!("../../migrations/sqlite/0004_views.sql"),
    include_str!("../../migrations/sqlite/0005_view_tokens.sql"),
    include_str!("../../migrations/sqlite/0006_operation_digests.sql"),
];

/// The steps of PostgreSQL, the first is number 1.
pub(super) const POSTGRES: [&str; 6] = [
    include_str!("../../migrations/postgres/0001_log.sql"),
    include_str!("../../migrations/postgres/0002_accounts.sql"),
    include_str!("../../migrations/postgres/0003_webhooks.sql"),
    include_str!("../../migrations/postgres/0004_views.sql"),
    include_str!("../../migrations/postgres/0005_view_tokens.sql"),
    include_str!("../../migrations/postgres/0006_operation_digests.sql"),
];

/// The newest schema this program knows.
pub(super) const KNOWN: i64 = SQLITE.len() as i64;

const _: () = assert!(SQLITE.len() == POSTGRES.len());

/// The steps that a database at schema `found` still needs.
pub(super) fn missing(steps: &[&'static str], found: i64) -> Result<Vec<&'static str>, StoreError> {
    if found > KNOWN {
        return Err(StoreError::Newer { found, known: KNOWN });
    }
    Ok(steps.iter().skip(usize::try_from(found).unwrap_or_default()).copied().collect())
}
