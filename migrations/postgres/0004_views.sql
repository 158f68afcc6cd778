-- Departments of accounts, and saved views: views, bookmarks, styles and filters that people keep.
-- Numbered like its SQLite twin. Times are milliseconds since 1970.

ALTER TABLE account ADD COLUMN department text;

CREATE TABLE saved_view (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    kind text NOT NULL,
    title text NOT NULL,
    audience text NOT NULL,
    layer text,
    owner text NOT NULL REFERENCES account (name),
    -- The owner's when it was last saved: who moves to another department leaves it there.
    department text,
    state text NOT NULL,
    thumbnail text,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX saved_view_owner ON saved_view (owner);
