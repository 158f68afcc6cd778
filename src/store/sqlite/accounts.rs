//! Accounts in SQLite.

crate::store::accounts::accounts!(SqliteAccounts, sqlx::SqlitePool);
