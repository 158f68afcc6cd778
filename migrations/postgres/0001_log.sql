-- The log and the features it makes. Numbered like its SQLite twin.

CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE store_identity (
    uuid text NOT NULL
);

-- One row: how far the log is, and the id that the next feature gets. Its lock orders the writers.
CREATE TABLE head (
    one bigint PRIMARY KEY CHECK (one = 1),
    revision bigint NOT NULL,
    next_feature_id bigint NOT NULL
);
INSERT INTO head VALUES (1, 0, 1);

CREATE TABLE change_set (
    revision bigint PRIMARY KEY,
    at text NOT NULL, -- as written, to the nanosecond; timestamptz would cut it
    actor text NOT NULL,
    reason text NOT NULL,
    operation text UNIQUE,
    intakes json
);
CREATE INDEX change_set_with_intakes ON change_set (revision) WHERE intakes IS NOT NULL;

CREATE TABLE change (
    revision bigint NOT NULL REFERENCES change_set (revision),
    ordinal bigint NOT NULL,
    feature_id bigint NOT NULL,
    version bigint NOT NULL,
    layer text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    village text,
    geometry geometry(Geometry, 4490),
    properties json, -- not jsonb, which forgets the order of the names
    PRIMARY KEY (revision, ordinal),
    UNIQUE (feature_id, version)
);

CREATE TABLE feature (
    id bigint PRIMARY KEY,
    layer text NOT NULL,
    village text,
    version bigint NOT NULL,
    revision bigint NOT NULL,
    geometry geometry(Geometry, 4490) NOT NULL,
    properties json NOT NULL
);
CREATE INDEX feature_geometry ON feature USING gist (geometry);
