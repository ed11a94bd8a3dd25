-- clairon.db: what an account has learnt of its provider's limits, so that a restart does not forget it.
CREATE TABLE account_pace (
    account       INTEGER PRIMARY KEY REFERENCES account (id),
    -- Messages per second, when fewer than the configuration allows.
    per_second    REAL CHECK (per_second > 0),
    -- The provider asked us to wait until then.
    blocked_until INTEGER,
    updated_at    INTEGER NOT NULL
) STRICT;
