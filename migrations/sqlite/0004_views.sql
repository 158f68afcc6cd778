-- Departments of accounts, and saved views: views, bookmarks, styles and filters that people keep.
-- Numbered like its PostgreSQL twin. Times are milliseconds since 1970.

ALTER TABLE account ADD COLUMN department TEXT;

CREATE TABLE saved_view (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    audience TEXT NOT NULL,
    layer TEXT,
    owner TEXT NOT NULL REFERENCES account (name),
    -- The owner's when it was last saved: who moves to another department leaves it there.
    department TEXT,
    state TEXT NOT NULL,
    thumbnail TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX saved_view_owner ON saved_view (owner);
