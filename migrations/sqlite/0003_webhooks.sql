-- Webhooks and what they could not deliver. Numbered like its PostgreSQL twin.
-- Times are milliseconds since 1970. The secret stands as it is: every delivery is signed with it.

CREATE TABLE webhook (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (name),
    wanted TEXT NOT NULL,
    paused INTEGER NOT NULL,
    created INTEGER NOT NULL,
    -- The newest revision that is done with.
    told INTEGER NOT NULL,
    -- Attempts at the revision that comes next, when it is tried again, and what went wrong last.
    attempts INTEGER NOT NULL DEFAULT 0,
    retry INTEGER,
    failure TEXT,
    -- The server that delivers, and until when it does without saying so again.
    holder TEXT,
    held_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE undelivered (
    webhook TEXT NOT NULL REFERENCES webhook (id),
    revision INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL,
    failure TEXT NOT NULL,
    PRIMARY KEY (webhook, revision)
) STRICT;
