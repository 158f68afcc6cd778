-- View tokens: what an embedded or printed map reads with. Numbered like its PostgreSQL twin.
-- Times are milliseconds since 1970. Secrets are kept as SHA-256.

CREATE TABLE view_token (
    secret TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name),
    -- The secret of the session or token that made it, with which it ends.
    maker TEXT NOT NULL,
    -- A JSON list; null: all that the account sees.
    layers TEXT,
    division TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX view_token_account ON view_token (account);
