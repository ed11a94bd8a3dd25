-- ledger-*.db: what operators have settled, so that a request that is repeated settles nothing twice and is told the same count.
CREATE TABLE resolution (
    -- The key and its Idempotency-Key.
    token        TEXT PRIMARY KEY,
    -- SHA-256 of what was asked for.
    request_hash BLOB NOT NULL,
    count        INTEGER NOT NULL,
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
