-- View tokens: what an embedded or printed map reads with. Numbered like its SQLite twin.
-- Times are milliseconds since 1970. Secrets are kept as SHA-256.

CREATE TABLE view_token (
    secret text PRIMARY KEY,
    account text NOT NULL REFERENCES account (name),
    -- The secret of the session or token that made it, with which it ends.
    maker text NOT NULL,
    -- A JSON list; null: all that the account sees.
    layers text,
    division text NOT NULL,
    created bigint NOT NULL,
    expires bigint NOT NULL
);
CREATE INDEX view_token_account ON view_token (account);
