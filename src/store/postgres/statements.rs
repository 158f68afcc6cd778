//! The statements of PostgreSQL.

use sqlx::PgConnection;

crate::store::reads::reads!(
    PgConnection,
    "ST_AsBinary(geometry)",
    "properties::text",
    "intakes::text",
    "(SELECT CAST(value AS bigint) FROM json_array_elements_text($1::json))"
);

/// Every current feature, by id.
pub(super) const SCAN: &str = "SELECT id, layer, village, version, revision, ST_AsBinary(geometry), properties::text \
    FROM feature ORDER BY id";

/// Writes the changes of a revision, given as columns.
pub(super) const LOG: &str = "INSERT INTO change \
    (revision, ordinal, feature_id, version, layer, kind, village, geometry, properties) \
    SELECT $1, n - 1, feature_id, version, layer, kind, village, ST_GeomFromWKB(geometry, 4490), properties::json \
    FROM UNNEST($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[]) \
    WITH ORDINALITY AS w (feature_id, version, layer, kind, village, geometry, properties, n)";

/// Brings the features to what the changes of a revision say.
pub(super) const PUT: &str = "INSERT INTO feature (id, layer, village, version, revision, geometry, properties) \
    SELECT feature_id, layer, village, version, revision, geometry, properties FROM change \
    WHERE revision = $1 AND kind <> 'deleted' \
    ON CONFLICT (id) DO UPDATE SET layer = excluded.layer, village = excluded.village, version = excluded.version, \
    revision = excluded.revision, geometry = excluded.geometry, properties = excluded.properties";

/// Removes the features that the changes of a revision remove.
pub(super) const REMOVE: &str =
    "DELETE FROM feature WHERE id IN (SELECT feature_id FROM change WHERE revision = $1 AND kind = 'deleted')";
