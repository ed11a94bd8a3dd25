-- ledger-*.db: what happened to every recipient of every run, and why.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- One sending of a campaign: its launch, or a test send. `frozen_at` is set by the transaction that wrote all chunks:
-- from then on audience = expanded rows + members not yet expanded, for ever.
CREATE TABLE run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign   INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('launch', 'test')),
    -- campaign_test.id of a test send.
    test       INTEGER,
    audience   INTEGER NOT NULL CHECK (audience >= 0),
    frozen_at  INTEGER NOT NULL,
    expires_at INTEGER,
    -- Set when no row is non-terminal and no member is left to expand, counted from rows.
    finished_at INTEGER
) STRICT;
CREATE UNIQUE INDEX run_once_per_launch ON run (campaign) WHERE kind = 'launch';
CREATE UNIQUE INDEX run_once_per_test ON run (test) WHERE kind = 'test';

-- The frozen audience: per account, the members of one container of 65,536 ordinals, as sorted 16-bit little-endian
-- low halves. kind 'subscription' holds subscription ordinals; kind 'profile' holds profiles that no subscription reaches.
CREATE TABLE chunk (
    run       INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    kind      TEXT NOT NULL CHECK (kind IN ('subscription', 'profile')),
    -- account.id of clairon.db; 0 for kind 'profile'.
    account   INTEGER NOT NULL,
    channel   TEXT,
    container INTEGER NOT NULL CHECK (container BETWEEN 0 AND 65535),
    members   BLOB NOT NULL,
    count     INTEGER NOT NULL CHECK (count > 0 AND length(members) = 2 * count),
    expanded  INTEGER NOT NULL DEFAULT 0 CHECK (expanded BETWEEN 0 AND count),
    PRIMARY KEY (run, account, kind, container)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    profile      INTEGER,
    -- Null when no subscription reaches the profile.
    subscription INTEGER,
    account      INTEGER NOT NULL,
    channel      TEXT,
    state        TEXT NOT NULL CHECK (state IN
                 ('pending', 'leased', 'sending', 'accepted', 'delivered', 'opened', 'clicked',
                  'skipped', 'expired', 'cancelled', 'rejected', 'dead', 'unknown')),
    reason       TEXT,
    -- The provider's own code; no personal data.
    detail       TEXT,
    language     TEXT,
    attempt      INTEGER NOT NULL DEFAULT 0,
    -- The boot that leased or sent it, and at how many boots it was found in `sending`.
    epoch        INTEGER,
    boots        INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER NOT NULL DEFAULT 0,
    provider_id  TEXT,
    updated_at   INTEGER NOT NULL,
    CHECK ((state IN ('leased', 'sending')) = (epoch IS NOT NULL)),
    CHECK (state NOT IN ('skipped', 'expired', 'cancelled', 'rejected', 'dead', 'unknown') OR reason IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX delivery_once ON delivery (run, subscription) WHERE subscription IS NOT NULL;
CREATE INDEX delivery_due ON delivery (account, run, next_at) WHERE state = 'pending';
CREATE INDEX delivery_claimed ON delivery (epoch) WHERE state IN ('leased', 'sending');
CREATE INDEX delivery_by_state ON delivery (run, state, id);
CREATE INDEX delivery_by_profile ON delivery (profile, id);
CREATE INDEX delivery_by_provider ON delivery (account, provider_id) WHERE provider_id IS NOT NULL;

-- Statuses that overtook the result of the send they belong to; merged when the result is recorded.
CREATE TABLE early_status (
    account     INTEGER NOT NULL,
    provider_id TEXT NOT NULL,
    state       TEXT NOT NULL,
    detail      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (account, provider_id, state)
) STRICT, WITHOUT ROWID;
