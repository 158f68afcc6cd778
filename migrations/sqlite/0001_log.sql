-- The log and the features it makes. Numbered like its PostgreSQL twin.

PRAGMA application_id = 1349280116; -- "Plat"

CREATE TABLE store_identity (
    uuid TEXT NOT NULL
) STRICT;

-- One row: how far the log is, and the id that the next feature gets.
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL,
    next_feature_id INTEGER NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, 1);

CREATE TABLE change_set (
    revision INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    operation TEXT UNIQUE,
    intakes TEXT
) STRICT;
CREATE INDEX change_set_with_intakes ON change_set (revision) WHERE intakes IS NOT NULL;

CREATE TABLE change (
    revision INTEGER NOT NULL REFERENCES change_set (revision),
    ordinal INTEGER NOT NULL,
    feature_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    layer TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    village TEXT,
    geometry BLOB,
    properties TEXT,
    PRIMARY KEY (revision, ordinal),
    UNIQUE (feature_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE feature (
    id INTEGER PRIMARY KEY,
    layer TEXT NOT NULL,
    village TEXT,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    geometry BLOB NOT NULL,
    properties TEXT NOT NULL
) STRICT;
