//! Making and bringing up to date a PostgreSQL database.

use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use uuid::Uuid;

use crate::store::failure::Place;
use crate::store::{StoreError, migrate};

/// SQLSTATE: no database of that name.
const NO_SUCH_DATABASE: &str = "3D000";

/// SQLSTATE: somebody made it a moment ago.
const DUPLICATE: [&str; 2] = ["42P04", "23505"];

/// Any number that only Platbook locks: "Platbook" in ASCII.
const MIGRATING: i64 = 0x506C_6174_626F_6F6B;

/// Makes the database when there is none and `create` says so.
pub(super) async fn database(options: &PgConnectOptions, create: bool, place: &Place) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| place.error("opening", error);
    let missing = match options.connect().await {
        Ok(connection) => return connection.close().await.map_err(failed),
        Err(error) if code(&error).as_deref() == Some(NO_SUCH_DATABASE) => error,
        Err(error) => return Err(failed(error)),
    };
    let Some(name) = options.get_database().filter(|_| create) else {
        tracing::debug!(%missing, "opening");
        return Err(
            place.refused("opening", "there is no such database; `platbook demo` or `platbook serve` makes one")
        );
    };
    let mut connection = options.clone().database("postgres").connect().await.map_err(failed)?;
    let sql = format!("CREATE DATABASE \"{}\" ENCODING 'UTF8' TEMPLATE template0", name.replace('"', "\"\""));
    match sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await {
        Err(error) if !code(&error).is_some_and(|code| DUPLICATE.contains(&code.as_str())) => {
            return Err(failed(error));
        }
        _ => {}
    }
    connection.close().await.map_err(failed)
}

/// Makes an empty database a log, brings an older one up to date, refuses a newer one.
pub(super) async fn schema(pool: &PgPool, create: bool, place: &Place) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| place.error("opening", error);
    let mut on = pool.begin().await.map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATING).execute(&mut *on).await.map_err(failed)?;
    let versioned: bool = sqlx::query_scalar("SELECT to_regclass('schema_version') IS NOT NULL")
        .fetch_one(&mut *on)
        .await
        .map_err(failed)?;
    if !versioned {
        if !create {
            return Err(place.foreign("the database has no Platbook tables; name another, or restore a backup"));
        }
        let sql = "CREATE TABLE schema_version (number bigint NOT NULL)";
        sqlx::query(sql).execute(&mut *on).await.map_err(failed)?;
    }
    step_up(&mut on, place).await?;
    on.commit().await.map_err(failed)
}

async fn step_up(on: &mut PgConnection, place: &Place) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| place.error("opening", error);
    let sql = "SELECT COALESCE(MAX(number), 0) FROM schema_version";
    let version: i64 = sqlx::query_scalar(sql).fetch_one(&mut *on).await.map_err(failed)?;
    let missing = migrate::missing(&migrate::POSTGRES, version)?;
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        sqlx::raw_sql(step).execute(&mut *on).await.map_err(failed)?;
    }
    if version == 0 {
        let identity = Uuid::new_v4().to_string();
        sqlx::query("INSERT INTO store_identity VALUES ($1)").bind(identity).execute(&mut *on).await.map_err(failed)?;
    }
    sqlx::query("DELETE FROM schema_version").execute(&mut *on).await.map_err(failed)?;
    let sql = "INSERT INTO schema_version VALUES ($1)";
    sqlx::query(sql).bind(migrate::KNOWN).execute(on).await.map_err(failed)?;
    Ok(())
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}
