-- The log, and the features it makes. Geometry is WKB in EPSG:4490, longitude first.

CREATE TABLE store_identity (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    identity TEXT NOT NULL
) STRICT;

CREATE TABLE head (
    only            INTEGER PRIMARY KEY CHECK (only = 1),
    revision        INTEGER NOT NULL,
    next_feature_id INTEGER NOT NULL
) STRICT;

INSERT INTO head (only, revision, next_feature_id) VALUES (1, 0, 1);

CREATE TABLE change_set (
    revision  INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    operation TEXT UNIQUE,
    intakes   TEXT NOT NULL
) STRICT;

CREATE TABLE change (
    revision   INTEGER NOT NULL REFERENCES change_set (revision),
    ordinal    INTEGER NOT NULL,
    feature_id INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    layer      TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    village    INTEGER,
    geometry   BLOB,
    properties TEXT,
    PRIMARY KEY (revision, ordinal)
) STRICT, WITHOUT ROWID;

-- Two writers of one version cannot both win.
CREATE UNIQUE INDEX change_of_feature ON change (feature_id, version);

CREATE TABLE feature (
    id         INTEGER PRIMARY KEY,
    layer      TEXT NOT NULL,
    village    INTEGER,
    version    INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    geometry   BLOB NOT NULL,
    properties TEXT NOT NULL
) STRICT;
