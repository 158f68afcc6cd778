-- Accounts, sessions, tokens, and the audit list. Numbered like its PostgreSQL twin.
-- Times are milliseconds since 1970. Secrets are kept as SHA-256, passwords as argon2id.

CREATE TABLE account (
    name TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    password TEXT,
    subject TEXT UNIQUE,
    disabled INTEGER NOT NULL,
    grants TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    secret TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name),
    created INTEGER NOT NULL,
    used INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account);

CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    secret TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (name),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER
) STRICT;
CREATE INDEX token_account ON token (account);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    request TEXT NOT NULL
) STRICT;
-- The list is only ever added to.
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit list is only added to'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit list is only added to'); END;
