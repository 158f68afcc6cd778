//! Accounts in PostgreSQL.

crate::store::accounts::accounts!(PostgresAccounts, sqlx::PgPool);
