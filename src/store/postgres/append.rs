//! One change set becomes one transaction; the lock of the head's row puts them in order.

use sqlx::PgConnection;

use super::statements;
use crate::store::claims::{LOOKED_THROUGH, given_since};
use crate::store::failure::Place;
use crate::store::plan::{Prepared, Standing, Write, committed};
use crate::store::rows::{self, Fault};
use crate::store::{Committed, StoreError};

/// Writes a change set within a transaction that the caller commits, or drops on an error.
pub(super) async fn apply(on: &mut PgConnection, prepared: &Prepared, place: &Place) -> Result<Committed, StoreError> {
    let failed = |fault: Fault| place.error("appending", fault);
    let sql = |error: sqlx::Error| place.error("appending", error);
    // From here to the commit every other writer waits, so a revision is never visible before a
    // smaller one.
    let advance = "UPDATE head SET revision = revision + 1, next_feature_id = next_feature_id + $1 \
                   RETURNING revision, next_feature_id - $1";
    let (revision, first_id): (i64, i64) =
        sqlx::query_as(advance).bind(prepared.creates()).fetch_one(&mut *on).await.map_err(sql)?;
    if let Some(operation) = &prepared.operation
        && let Some(row) = statements::operation(&mut *on, operation).await.map_err(sql)?
    {
        let revision = rows::applied(row).map_err(failed)?.revision;
        return Err(StoreError::AlreadyApplied { revision });
    }
    if !prepared.claims.codes.is_empty() {
        let since = prepared.claims.as_of;
        let written = statements::written_since(&mut *on, since, LOOKED_THROUGH).await.map_err(sql)?;
        if let Some(revision) = given_since(&prepared.claims, &written).map_err(failed)? {
            return Err(StoreError::Given { revision });
        }
    }
    let standing = standing(&mut *on, prepared).await.map_err(failed)?;
    let first_id = rows::natural(first_id).map_err(failed)?;
    let writes = match prepared.plan(first_id, &standing).map_err(failed)? {
        Ok(writes) => writes,
        Err(stale) => {
            let row = statements::feature(&mut *on, stale.feature.get() as i64).await.map_err(sql)?;
            let current = row.map(rows::feature).transpose().map_err(failed)?.map(Box::new);
            return Err(StoreError::Conflict { feature: stale.feature, base: stale.base, current });
        }
    };
    let newest = statements::written_at(&mut *on, revision - 1).await.map_err(sql)?;
    let at = prepared.written_at(newest.as_deref()).map_err(failed)?;
    write(on, revision, &at, prepared, &writes).await.map_err(sql)?;
    Ok(committed(rows::natural(revision).map_err(failed)?, &writes))
}

/// How the touched features stand.
async fn standing(on: &mut PgConnection, prepared: &Prepared) -> Result<Standing, Fault> {
    let (touched, restored) = (prepared.touched(), prepared.restored());
    let mut standing = Standing::default();
    if !touched.is_empty() {
        let ids = serde_json::to_string(&touched)?;
        standing.current = rows::versions(statements::current(&mut *on, &ids).await?)?;
    }
    if !restored.is_empty() {
        let ids = serde_json::to_string(&restored)?;
        standing.gone = rows::versions(statements::gone(on, &ids).await?)?;
    }
    Ok(standing)
}

async fn write(
    on: &mut PgConnection,
    revision: i64,
    at: &str,
    prepared: &Prepared,
    writes: &[Write<'_>],
) -> sqlx::Result<()> {
    let sql = "INSERT INTO change_set (revision, at, actor, reason, operation, operation_digest, intakes) \
               VALUES ($1, $2, $3, $4, $5, $6, $7::text::json)";
    sqlx::query(sql)
        .bind(revision)
        .bind(at)
        .bind(prepared.actor.as_str())
        .bind(prepared.reason.as_str())
        .bind(prepared.operation.as_deref())
        .bind(prepared.operation_digest)
        .bind(prepared.intakes.as_deref())
        .execute(&mut *on)
        .await?;
    if !writes.is_empty() {
        sqlx::query(statements::LOG)
            .bind(revision)
            .bind(writes.iter().map(|write| write.feature.get() as i64).collect::<Vec<_>>())
            .bind(writes.iter().map(|write| i64::from(write.version.0)).collect::<Vec<_>>())
            .bind(writes.iter().map(|write| write.layer).collect::<Vec<_>>())
            .bind(writes.iter().map(|write| write.kind.as_str()).collect::<Vec<_>>())
            .bind(writes.iter().map(|write| write.content?.village.as_deref()).collect::<Vec<_>>())
            .bind(writes.iter().map(|write| Some(write.content?.geometry.as_slice())).collect::<Vec<_>>())
            .bind(writes.iter().map(|write| Some(write.content?.properties.as_str())).collect::<Vec<_>>())
            .execute(&mut *on)
            .await?;
        for sql in [statements::PUT, statements::REMOVE] {
            sqlx::query(sql).bind(revision).execute(&mut *on).await?;
        }
    }
    sqlx::query("SELECT pg_notify('platbook_log', $1)").bind(revision.to_string()).execute(on).await?;
    Ok(())
}
