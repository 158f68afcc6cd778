//! What must hold between the tables, as queries that count what breaks it. Both databases understand
//! them.

/// What is wrong, and the query that counts how often.
pub(super) const QUERIES: [(&str, &str); 6] = [
    (
        "the head is not the newest change set",
        "SELECT count(*) FROM head WHERE revision <> (SELECT coalesce(max(revision), 0) FROM change_set)",
    ),
    (
        "revisions are missing from the log",
        "SELECT coalesce(max(revision), 0) - count(*) FROM change_set",
    ),
    (
        "features differ from their newest change",
        "SELECT count(*) FROM feature f LEFT JOIN change c ON c.feature_id = f.id AND c.version = f.version
         WHERE c.feature_id IS NULL OR c.revision <> f.revision OR c.kind = 'deleted' OR c.layer <> f.layer
            OR c.geometry IS NULL OR c.properties IS NULL
            OR coalesce(c.village, 0) <> coalesce(f.village, 0)",
    ),
    (
        "features stand at another version than their newest change",
        "SELECT count(*) FROM feature f
         WHERE EXISTS (SELECT 1 FROM change c WHERE c.feature_id = f.id AND c.version > f.version)",
    ),
    (
        "features are missing that the log did not delete",
        "SELECT count(*) FROM change c
         WHERE c.kind <> 'deleted' AND NOT EXISTS (SELECT 1 FROM feature f WHERE f.id = c.feature_id)
           AND NOT EXISTS (SELECT 1 FROM change d WHERE d.feature_id = c.feature_id AND d.version > c.version)",
    ),
    (
        "ids beyond the next one to be given are in use",
        "SELECT count(*) FROM feature f JOIN head h ON f.id >= h.next_feature_id",
    ),
];
