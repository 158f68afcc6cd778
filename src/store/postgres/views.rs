//! Saved views in PostgreSQL.

crate::store::views::views!(PostgresViews, sqlx::PgPool);
