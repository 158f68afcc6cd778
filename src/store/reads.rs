//! The reading statements, the same for both databases but for how geometry, JSON and lists are written.

/// Tells the databases apart where the statements cannot be shared: `reads!(connection, geometry
/// as WKB, properties as text)` defines the reading functions of one database.
macro_rules! reads {
    ($connection:ty, $geometry:literal, $properties:literal, $intakes:literal, $ids:literal) => {
        use crate::domain::{CommitSummary, Feature, FeatureId, LayerId, Revision};
        use crate::store::rows::{self, ChangeRow, ChangeSetRow, Fault, FeatureRow};

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

        /// What was written after a revision: revision, layer and values of each feature.
        pub(super) async fn written_since(
            on: &mut $connection,
            after: Revision,
            limit: i64,
        ) -> sqlx::Result<Vec<(i64, String, String)>> {
            let sql = concat!(
                "SELECT revision, layer, ",
                $properties,
                " FROM change WHERE revision > $1 AND kind <> 'deleted' ORDER BY revision, ordinal LIMIT $2"
            );
            sqlx::query_as(sql).bind(after.0 as i64).bind(limit).fetch_all(on).await
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

        /// When a revision was written.
        pub(super) async fn written_at(on: &mut $connection, revision: i64) -> sqlx::Result<Option<String>> {
            let sql = "SELECT at FROM change_set WHERE revision = $1";
            sqlx::query_scalar(sql).bind(revision).fetch_optional(on).await
        }

        /// The newest revision written at or before a time.
        pub(super) async fn revision_at(on: &mut $connection, time: jiff::Timestamp) -> Result<Revision, Fault> {
            let (mut low, mut high) = (0, head(&mut *on).await?);
            while low < high {
                let middle = low + (high - low + 1) / 2;
                let at = written_at(&mut *on, middle).await?;
                if rows::is_by(at.as_deref(), time)? { low = middle } else { high = middle - 1 }
            }
            rows::natural(low).map(Revision)
        }

        /// The revisions after one, up to and with another, with the counts of their changes.
        pub(super) async fn summaries(
            on: &mut $connection,
            after: Revision,
            until: Revision,
        ) -> Result<Vec<CommitSummary>, Fault> {
            let (after, until) = (after.0 as i64, until.0 as i64);
            let sets = change_sets(&mut *on, after, until).await?;
            let sql = "SELECT c.revision, c.layer, c.kind, b.village, c.village, COUNT(*) FROM change c \
                       LEFT JOIN change b ON c.version > 1 AND b.feature_id = c.feature_id AND b.version = c.version - 1 \
                       WHERE c.revision > $1 AND c.revision <= $2 \
                       GROUP BY c.revision, c.layer, c.kind, b.village, c.village \
                       ORDER BY c.revision, c.layer, c.kind, b.village, c.village";
            rows::summaries(sets, sqlx::query_as(sql).bind(after).bind(until).fetch_all(on).await?)
        }

        /// The features that revisions changed, by id, each with its layer.
        pub(super) async fn touched(
            on: &mut $connection,
            after: Revision,
            until: Revision,
        ) -> Result<Vec<(FeatureId, LayerId)>, Fault> {
            let sql = "SELECT DISTINCT feature_id, layer FROM change WHERE revision > $1 AND revision <= $2 \
                       ORDER BY feature_id";
            rows::touched(sqlx::query_as(sql).bind(after.0 as i64).bind(until.0 as i64).fetch_all(on).await?)
        }

        /// Features as they were at a revision.
        pub(super) async fn states(
            on: &mut $connection,
            ids: &[FeatureId],
            revision: Revision,
        ) -> Result<Vec<Feature>, Fault> {
            let sql = concat!(
                "SELECT revision, feature_id, version, layer, kind, village, ",
                $geometry,
                ", ",
                $properties,
                " FROM change c WHERE feature_id IN ",
                $ids,
                " AND kind <> 'deleted' AND version = (SELECT MAX(n.version) FROM change n ",
                "WHERE n.feature_id = c.feature_id AND n.revision <= $2) ORDER BY feature_id"
            );
            let mut states = Vec::with_capacity(ids.len());
            for ids in ids.chunks(crate::store::STATES_AT_A_TIME) {
                let ids = serde_json::to_string(ids)?;
                let found = sqlx::query_as(sql).bind(ids).bind(revision.0 as i64).fetch_all(&mut *on).await?;
                states.append(&mut rows::states(found)?);
            }
            Ok(states)
        }

        /// Version and layer of features that are there; `ids` is a JSON array.
        pub(super) async fn current(on: &mut $connection, ids: &str) -> sqlx::Result<Vec<(i64, i64, String)>> {
            let sql = concat!("SELECT id, version, layer FROM feature WHERE id IN ", $ids);
            sqlx::query_as(sql).bind(ids.to_owned()).fetch_all(on).await
        }

        /// Version and layer of the deletions of features that are gone; `ids` is a JSON array.
        pub(super) async fn gone(on: &mut $connection, ids: &str) -> sqlx::Result<Vec<(i64, i64, String)>> {
            let sql = concat!(
                "SELECT feature_id, version, layer FROM change c WHERE feature_id IN ",
                $ids,
                " AND kind = 'deleted' AND NOT EXISTS (SELECT 1 FROM change n ",
                "WHERE n.feature_id = c.feature_id AND n.version > c.version)"
            );
            sqlx::query_as(sql).bind(ids.to_owned()).fetch_all(on).await
        }

        /// The revision that an operation became, and the digest of what was asked.
        pub(super) async fn operation(
            on: &mut $connection,
            operation: &str,
        ) -> sqlx::Result<Option<rows::AppliedRow>> {
            let sql = "SELECT revision, operation_digest FROM change_set WHERE operation = $1";
            sqlx::query_as(sql).bind(operation.to_owned()).fetch_optional(on).await
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
