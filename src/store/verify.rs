//! What must hold in a sound log, as queries that find where it does not. Both databases read them.

/// A query for numbers of broken things, and what to say of one.
pub(super) struct Check {
    /// Finds the numbers; at most a few.
    pub(super) sql: &'static str,
    before: &'static str,
    after: &'static str,
}

impl Check {
    /// A finding in words.
    pub(super) fn in_words(&self, number: i64) -> String {
        format!("{} {number} {}", self.before, self.after)
    }
}

/// All checks.
pub(super) const CHECKS: [Check; 9] = [
    Check {
        sql: "SELECT revision FROM head WHERE revision <> (SELECT COALESCE(MAX(revision), 0) FROM change_set)",
        before: "the head says revision",
        after: "is the newest, the change sets end elsewhere",
    },
    Check {
        sql: "SELECT s.revision FROM change_set s WHERE s.revision > 1 AND NOT EXISTS \
              (SELECT 1 FROM change_set b WHERE b.revision = s.revision - 1) ORDER BY s.revision LIMIT 20",
        before: "before revision",
        after: "the log has a gap",
    },
    Check {
        sql: "SELECT MIN(revision) FROM change_set HAVING MIN(revision) <> 1",
        before: "the log begins at revision",
        after: "instead of 1",
    },
    Check {
        sql: "SELECT DISTINCT c.revision FROM change c WHERE NOT EXISTS \
              (SELECT 1 FROM change_set s WHERE s.revision = c.revision) ORDER BY c.revision LIMIT 20",
        before: "revision",
        after: "has changes but no change set",
    },
    Check {
        sql: "SELECT revision FROM change GROUP BY revision HAVING MIN(ordinal) <> 0 OR MAX(ordinal) <> COUNT(*) - 1 \
              ORDER BY revision LIMIT 20",
        before: "revision",
        after: "has lost changes: their numbers have a gap",
    },
    Check {
        sql: "SELECT feature_id FROM change GROUP BY feature_id \
              HAVING MIN(version) <> 1 OR MAX(version) <> COUNT(*) ORDER BY feature_id LIMIT 20",
        before: "feature",
        after: "has a gap in its versions",
    },
    Check {
        sql: "SELECT next_feature_id FROM head WHERE next_feature_id <= (SELECT COALESCE(MAX(feature_id), 0) FROM change)",
        before: "the next feature would get the number",
        after: "which is taken",
    },
    // Without the newest change as `c`, of a deletion, or with other content than it.
    Check {
        sql: "SELECT f.id FROM feature f LEFT JOIN change c ON c.feature_id = f.id AND c.version = f.version \
              WHERE c.kind IS NULL OR c.kind = 'deleted' OR c.revision <> f.revision OR c.layer <> f.layer \
              OR c.village IS DISTINCT FROM f.village OR NOT c.geometry = f.geometry \
              OR CAST(c.properties AS TEXT) <> CAST(f.properties AS TEXT) \
              OR EXISTS (SELECT 1 FROM change n WHERE n.feature_id = f.id AND n.version > f.version) \
              ORDER BY f.id LIMIT 20",
        before: "feature",
        after: "differs from its newest change",
    },
    Check {
        sql: "SELECT c.feature_id FROM change c WHERE c.kind <> 'deleted' \
              AND NOT EXISTS (SELECT 1 FROM feature f WHERE f.id = c.feature_id) \
              AND NOT EXISTS (SELECT 1 FROM change n WHERE n.feature_id = c.feature_id AND n.version > c.version) \
              ORDER BY c.feature_id LIMIT 20",
        before: "feature",
        after: "stands in the log but is missing",
    },
];
