-- Webhooks and what they could not deliver. Numbered like its SQLite twin.
-- Times are milliseconds since 1970. The secret stands as it is: every delivery is signed with it.

CREATE TABLE webhook (
    id text PRIMARY KEY,
    title text NOT NULL,
    url text NOT NULL,
    secret text NOT NULL,
    account text NOT NULL REFERENCES account (name),
    wanted text NOT NULL,
    paused bigint NOT NULL,
    created bigint NOT NULL,
    -- The newest revision that is done with.
    told bigint NOT NULL,
    -- Attempts at the revision that comes next, when it is tried again, and what went wrong last.
    attempts bigint NOT NULL DEFAULT 0,
    retry bigint,
    failure text,
    -- The server that delivers, and until when it does without saying so again.
    holder text,
    held_until bigint NOT NULL DEFAULT 0
);

CREATE TABLE undelivered (
    webhook text NOT NULL REFERENCES webhook (id),
    revision bigint NOT NULL,
    attempts bigint NOT NULL,
    at bigint NOT NULL,
    failure text NOT NULL,
    PRIMARY KEY (webhook, revision)
);
