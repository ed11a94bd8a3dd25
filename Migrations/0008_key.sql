-- clairon.db: API keys (only the hash of the secret is kept) and the answers of requests that must act once.
CREATE TABLE api_key (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('server', 'app')),
    -- SHA-256 of the 256-bit random secret.
    hash         BLOB NOT NULL CHECK (length(hash) = 32),
    -- JSON array.
    scopes       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT;

CREATE TABLE idempotency (
    api_key      INTEGER NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    -- SHA-256 of method, path and body.
    request_hash BLOB NOT NULL,
    status       INTEGER NOT NULL,
    body         BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (api_key, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);
