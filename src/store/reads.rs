//! The reading statements, the same for both databases but for how geometry and JSON are written.

/// Tells the databases apart where the statements cannot be shared: `reads!(connection, geometry
/// as WKB, properties as text)` defines the reading functions of one database.
macro_rules! reads {
    ($connection:ty, $geometry:literal, $properties:literal, $intakes:literal) => {
        use crate::store::rows::{ChangeRow, ChangeSetRow, FeatureRow};

        pub(super) async fn identity(on: &mut $connection) -> sqlx::Result<String> {
            sqlx::query_scalar("SELECT uuid FROM store_identity").fetch_one(on).await
        }

        pub(super) async fn head(on: &mut $connection) -> sqlx::Result<i64> {
            sqlx::query_scalar("SELECT revision FROM head").fetch_one(on).await
        }

        pub(super) async fn feature(on: &mut $connection, id: i64) -> sqlx::Result<Option<FeatureRow>> {
            let sql = concat!(
                "SELECT id, layer, village, version, revision, ",
                $geometry,
                ", ",
                $properties,
                " FROM feature WHERE id = $1"
            );
            sqlx::query_as(sql).bind(id).fetch_optional(on).await
        }

        /// The last revision to read, so that whole commits after one hold at least `limit` changes.
        pub(super) async fn last_within(on: &mut $connection, after: i64, limit: i64) -> sqlx::Result<i64> {
            let sql = "SELECT revision FROM change WHERE revision > $1 ORDER BY revision, ordinal LIMIT 1 OFFSET $2";
            let last: Option<i64> = sqlx::query_scalar(sql).bind(after).bind(limit - 1).fetch_optional(on).await?;
            Ok(last.unwrap_or(i64::MAX))
        }

        pub(super) async fn change_sets(
            on: &mut $connection,
            after: i64,
            last: i64,
        ) -> sqlx::Result<Vec<ChangeSetRow>> {
            let sql = concat!(
                "SELECT revision, at, actor, reason, ",
                $intakes,
                " FROM change_set WHERE revision > $1 AND revision <= $2 ORDER BY revision"
            );
            sqlx::query_as(sql).bind(after).bind(last).fetch_all(on).await
        }

        pub(super) async fn changes(on: &mut $connection, after: i64, last: i64) -> sqlx::Result<Vec<ChangeRow>> {
            let sql = concat!(
                "SELECT revision, feature_id, version, layer, kind, village, ",
                $geometry,
                ", ",
                $properties,
                " FROM change WHERE revision > $1 AND revision <= $2 ORDER BY revision, ordinal"
            );
            sqlx::query_as(sql).bind(after).bind(last).fetch_all(on).await
        }

        pub(super) async fn history(
            on: &mut $connection,
            id: i64,
        ) -> sqlx::Result<(Vec<ChangeSetRow>, Vec<ChangeRow>)> {
            let sql = concat!(
                "SELECT revision, at, actor, reason, ",
                $intakes,
                " FROM change_set",
                " WHERE revision IN (SELECT revision FROM change WHERE feature_id = $1) ORDER BY revision"
            );
            let sets = sqlx::query_as(sql).bind(id).fetch_all(&mut *on).await?;
            let sql = concat!(
                "SELECT revision, feature_id, version, layer, kind, village, ",
                $geometry,
                ", ",
                $properties,
                " FROM change WHERE feature_id = $1 ORDER BY version"
            );
            Ok((sets, sqlx::query_as(sql).bind(id).fetch_all(on).await?))
        }

        pub(super) async fn counts(on: &mut $connection) -> sqlx::Result<Vec<(String, i64)>> {
            sqlx::query_as("SELECT layer, COUNT(*) FROM feature GROUP BY layer ORDER BY layer").fetch_all(on).await
        }

        pub(super) async fn intakes(on: &mut $connection) -> sqlx::Result<Vec<(String, String)>> {
            let sql = concat!("SELECT at, ", $intakes, " FROM change_set WHERE intakes IS NOT NULL ORDER BY revision");
            sqlx::query_as(sql).fetch_all(on).await
        }

        /// The revision that an operation became.
        pub(super) async fn operation(on: &mut $connection, operation: &str) -> sqlx::Result<Option<i64>> {
            let sql = "SELECT revision FROM change_set WHERE operation = $1";
            sqlx::query_scalar(sql).bind(operation.to_owned()).fetch_optional(on).await
        }

        /// What the shared checks find, in words.
        pub(super) async fn faults(on: &mut $connection) -> sqlx::Result<Vec<String>> {
            let mut faults = Vec::new();
            for check in &crate::store::verify::CHECKS {
                let found: Vec<i64> = sqlx::query_scalar(check.sql).fetch_all(&mut *on).await?;
                faults.extend(found.into_iter().map(|number| check.in_words(number)));
            }
            Ok(faults)
        }
    };
}

pub(super) use reads;
