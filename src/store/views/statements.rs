//! The statements about saved views, the same for both databases: `views!(Name, pool)` defines the saved
//! views of one.

use jiff::Timestamp;
use serde_json::Value;

use super::SavedView;
use crate::store::rows::{Fault, natural, version};

/// `number, id, kind, title, audience, layer, owner, department, thumbnail, created, updated, version, state`
pub(in crate::store) type ViewRow = (
    i64,
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
    i64,
    i64,
    i64,
    String,
);

/// A saved view, and the text of its state.
pub(in crate::store) fn view(row: ViewRow) -> Result<(SavedView, String), Fault> {
    let (number, id, kind, title, audience, layer, owner, department, thumbnail, created, updated, of, state) = row;
    let place = format!("the saved view {id}");
    let broken = |detail: &dyn std::fmt::Display| Fault::Content(format!("{place}: {detail}"));
    let time = |ms: i64| Timestamp::from_millisecond(ms).map_err(|error| broken(&error));
    let view = SavedView {
        number: natural(number)?,
        id: id.parse().map_err(|error| broken(&error))?,
        kind: kind.parse().map_err(|error| broken(&error))?,
        title,
        audience: audience.parse().map_err(|error| broken(&error))?,
        layer: layer.map(|layer| layer.parse()).transpose().map_err(|error| broken(&error))?,
        owner: owner.parse().map_err(|error| broken(&error))?,
        department,
        thumbnail,
        created: time(created)?,
        updated: time(updated)?,
        version: version(of)?,
    };
    Ok((view, state))
}

pub(in crate::store) fn state(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Content(format!("the state of a saved view: {error}")))
}

/// Defines the saved views of a database whose pools are of one type: one pool to read, one to write.
macro_rules! views {
    ($name:ident, $pool:ty) => {
        use serde_json::Value;

        use crate::domain::{Version, ViewId};
        use crate::store::StoreError;
        use crate::store::failure::Place;
        use crate::store::rows::Fault;
        use crate::store::views::statements::{self as rows, ViewRow};
        use crate::store::views::{Asked, Audience, Reader, SavedView, ViewKind, Views};

        /// Saved views in this database.
        #[derive(Debug)]
        pub(super) struct $name {
            /// Where they are read.
            pub(super) reads: $pool,
            /// Where they are written.
            pub(super) writes: $pool,
            /// For errors.
            pub(super) place: Place,
        }

        impl $name {
            fn fault<F: Into<Fault>>(&self) -> impl Fn(F) -> StoreError + '_ {
                |fault| self.place.error("asking for saved views", fault)
            }
        }

        #[async_trait::async_trait]
        impl Views for $name {
            async fn views(&self, reader: &Reader, asked: &Asked, limit: usize) -> Result<Vec<SavedView>, StoreError> {
                // Ids of layers have no sign that LIKE reads otherwise.
                let sql = "SELECT number, id, kind, title, audience, layer, owner, department, thumbnail, created, \
                           updated, version, '' FROM saved_view WHERE number < $1 \
                           AND ($2 = '' OR kind = $2) AND ($3 = '' OR layer = $3) AND ($4 = '' OR audience = $4) \
                           AND (owner = $5 OR ((audience = 'public' OR (audience = 'department' AND department = $6)) \
                           AND (layer IS NULL OR $7 LIKE '%,' || layer || ',%'))) \
                           ORDER BY number DESC LIMIT $8";
                let seen: String = reader.layers.iter().map(|layer| format!("{layer},")).collect();
                let before = asked.before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
                let found: Vec<ViewRow> = sqlx::query_as(sql)
                    .bind(before)
                    .bind(asked.kind.map_or("", ViewKind::word))
                    .bind(asked.layer.as_ref().map(ToString::to_string).unwrap_or_default())
                    .bind(asked.audience.map_or("", Audience::word))
                    .bind(reader.account.as_ref().map(ToString::to_string).unwrap_or_default())
                    .bind(reader.department.clone())
                    .bind(format!(",{seen}"))
                    .bind(limit as i64)
                    .fetch_all(&self.reads)
                    .await
                    .map_err(self.fault())?;
                let views = found.into_iter().map(|row| Ok(rows::view(row)?.0));
                views.collect::<Result<_, Fault>>().map_err(self.fault())
            }

            async fn view(&self, id: &ViewId) -> Result<Option<(SavedView, Value)>, StoreError> {
                let sql = "SELECT number, id, kind, title, audience, layer, owner, department, thumbnail, created, \
                           updated, version, state FROM saved_view WHERE id = $1";
                let found: Option<ViewRow> = sqlx::query_as(sql)
                    .bind(id.to_string())
                    .fetch_optional(&self.reads)
                    .await
                    .map_err(self.fault())?;
                let Some(row) = found else { return Ok(None) };
                let (view, state) = rows::view(row).map_err(self.fault())?;
                Ok(Some((view, rows::state(&state).map_err(self.fault())?)))
            }

            async fn create_view(&self, view: &SavedView, state: &Value, most: u32) -> Result<bool, StoreError> {
                let mut on = self.writes.begin().await.map_err(self.fault())?;
                // Who saves two at once takes turns at the account, so that neither is one too many.
                sqlx::query("UPDATE account SET name = name WHERE name = $1")
                    .bind(view.owner.to_string())
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                let held: i64 = sqlx::query_scalar("SELECT count(*) FROM saved_view WHERE owner = $1")
                    .bind(view.owner.to_string())
                    .fetch_one(&mut *on)
                    .await
                    .map_err(self.fault())?;
                if held >= i64::from(most) {
                    return Ok(false);
                }
                let sql = "INSERT INTO saved_view (id, kind, title, audience, layer, owner, department, state, \
                           thumbnail, created, updated, version) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
                sqlx::query(sql)
                    .bind(view.id.to_string())
                    .bind(view.kind.word())
                    .bind(view.title.clone())
                    .bind(view.audience.word())
                    .bind(view.layer.as_ref().map(ToString::to_string))
                    .bind(view.owner.to_string())
                    .bind(view.department.clone())
                    .bind(state.to_string())
                    .bind(view.thumbnail.clone())
                    .bind(view.created.as_millisecond())
                    .bind(view.updated.as_millisecond())
                    .bind(i64::from(view.version.0))
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                on.commit().await.map_err(self.fault())?;
                Ok(true)
            }

            async fn replace_view(&self, view: &SavedView, state: &Value) -> Result<bool, StoreError> {
                let sql = "UPDATE saved_view SET kind = $3, title = $4, audience = $5, layer = $6, department = $7, \
                           state = $8, thumbnail = $9, updated = $10, version = $2 WHERE id = $1 AND version = $2 - 1";
                let done = sqlx::query(sql)
                    .bind(view.id.to_string())
                    .bind(i64::from(view.version.0))
                    .bind(view.kind.word())
                    .bind(view.title.clone())
                    .bind(view.audience.word())
                    .bind(view.layer.as_ref().map(ToString::to_string))
                    .bind(view.department.clone())
                    .bind(state.to_string())
                    .bind(view.thumbnail.clone())
                    .bind(view.updated.as_millisecond())
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn remove_view(&self, id: &ViewId, version: Version) -> Result<bool, StoreError> {
                let done = sqlx::query("DELETE FROM saved_view WHERE id = $1 AND version = $2")
                    .bind(id.to_string())
                    .bind(i64::from(version.0))
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }
        }
    };
}

pub(in crate::store) use views;
