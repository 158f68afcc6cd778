-- Accounts, sessions, tokens, and the audit list. Numbered like its SQLite twin.
-- Times are milliseconds since 1970. Secrets are kept as SHA-256, passwords as argon2id.

CREATE TABLE account (
    name text PRIMARY KEY,
    title text NOT NULL,
    password text,
    subject text UNIQUE,
    disabled bigint NOT NULL,
    grants text NOT NULL,
    created bigint NOT NULL
);

CREATE TABLE session (
    secret text PRIMARY KEY,
    account text NOT NULL REFERENCES account (name),
    created bigint NOT NULL,
    used bigint NOT NULL,
    expires bigint NOT NULL
);
CREATE INDEX session_account ON session (account);

CREATE TABLE token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    secret text NOT NULL UNIQUE,
    account text NOT NULL REFERENCES account (name),
    name text NOT NULL,
    scopes text NOT NULL,
    created bigint NOT NULL,
    expires bigint NOT NULL,
    used bigint
);
CREATE INDEX token_account ON token (account);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    request text NOT NULL
);
-- The list is only ever added to.
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit list is only added to'; END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
