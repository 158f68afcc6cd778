//! Webhooks in PostgreSQL.

crate::store::webhooks::webhooks!(PostgresWebhooks, sqlx::PgPool);
