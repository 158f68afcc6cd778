//! The reading statements of SQLite.

use sqlx::SqliteConnection;

crate::store::reads::reads!(SqliteConnection, "geometry", "properties", "intakes", "(SELECT value FROM json_each($1))");

/// Brings the features to what the changes of a revision say.
pub(super) const PUT: &str = "INSERT INTO feature (id, layer, village, version, revision, geometry, properties) \
    SELECT feature_id, layer, village, version, revision, geometry, properties FROM change \
    WHERE revision = $1 AND kind <> 'deleted' \
    ON CONFLICT (id) DO UPDATE SET layer = excluded.layer, village = excluded.village, version = excluded.version, \
    revision = excluded.revision, geometry = excluded.geometry, properties = excluded.properties";

/// Removes the features that the changes of a revision remove.
pub(super) const REMOVE: &str =
    "DELETE FROM feature WHERE id IN (SELECT feature_id FROM change WHERE revision = $1 AND kind = 'deleted')";
