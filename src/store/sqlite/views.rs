//! Saved views in SQLite.

crate::store::views::views!(SqliteViews, sqlx::SqlitePool);
