//! Webhooks in SQLite.

crate::store::webhooks::webhooks!(SqliteWebhooks, sqlx::SqlitePool);
