-- The log, and the features it makes. Geometry is EPSG:4490, longitude first.

CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE store_identity (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    identity TEXT NOT NULL
);

CREATE TABLE head (
    only            INTEGER PRIMARY KEY CHECK (only = 1),
    revision        BIGINT NOT NULL,
    next_feature_id BIGINT NOT NULL
);

INSERT INTO head (only, revision, next_feature_id) VALUES (1, 0, 1);

CREATE TABLE change_set (
    revision  BIGINT PRIMARY KEY,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    operation TEXT UNIQUE,
    intakes   TEXT NOT NULL
);

CREATE TABLE change (
    revision   BIGINT NOT NULL REFERENCES change_set (revision),
    ordinal    BIGINT NOT NULL,
    feature_id BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    layer      TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    village    BIGINT,
    geometry   geometry(Geometry, 4490),
    properties JSON,
    PRIMARY KEY (revision, ordinal)
);

-- Two writers of one version cannot both win.
CREATE UNIQUE INDEX change_of_feature ON change (feature_id, version);

CREATE TABLE feature (
    id         BIGINT PRIMARY KEY,
    layer      TEXT NOT NULL,
    village    BIGINT,
    version    BIGINT NOT NULL,
    revision   BIGINT NOT NULL,
    geometry   geometry(Geometry, 4490) NOT NULL,
    properties JSON NOT NULL
);

CREATE INDEX feature_geometry ON feature USING gist (geometry);
CREATE INDEX feature_layer ON feature (layer);
