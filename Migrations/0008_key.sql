-- clairon.db: API keys (only the hash of the secret is kept) and the answers of requests that must act once.
CREATE TABLE api_key (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('server', 'app')),
    -- SHA-256 of the 256-bit random secret.
    hash         BLOB NOT NULL CHECK (length(hash) = 32),
    -- JSON array.
    scopes       TEXT NOT NULL,
    -- App keys: the HMAC key of identity proofs, known to the brand's backend, and whether a proof must be there.
    -- It can vouch for a profile and do nothing else.
    identity_key      BLOB CHECK (length(identity_key) = 32),
    identity_required INTEGER NOT NULL DEFAULT 0 CHECK (identity_required IN (0, 1)),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER,
    CHECK ((kind = 'app') = (identity_key IS NOT NULL))
) STRICT;

CREATE TABLE idempotency (
    api_key      INTEGER NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    -- SHA-256 of method, path and body.
    request_hash BLOB NOT NULL,
    status       INTEGER NOT NULL,
    -- JSON object of the answer's own headers.
    headers      TEXT NOT NULL,
    body         BLOB NOT NULL,
    -- Whom the answer is about, so that erasing the person erases it too.
    profile      INTEGER REFERENCES profile (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (api_key, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);
CREATE INDEX idempotency_by_profile ON idempotency (profile) WHERE profile IS NOT NULL;
