-- ledger-*.db: what happened to every recipient of every run, and why.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- One sending of a campaign: its launch, or a test send. It is written in the transaction that wrote all its chunks: from
-- then on audience = delivery rows + members of the chunks that are left, for ever.
CREATE TABLE run (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign    INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('launch', 'test')),
    -- campaign_test.id of a test send.
    test        INTEGER,
    audience    INTEGER NOT NULL CHECK (audience >= 0),
    frozen_at   INTEGER NOT NULL,
    expires_at  INTEGER,
    -- Set when no row is non-terminal and no chunk is left, counted from rows.
    finished_at INTEGER,
    CHECK ((kind = 'test') = (test IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX run_once_per_launch ON run (campaign) WHERE kind = 'launch';
CREATE UNIQUE INDEX run_once_per_test ON run (test) WHERE kind = 'test';
CREATE INDEX run_open ON run (id) WHERE finished_at IS NULL;

-- The part of the frozen audience that has no rows yet: at most 2,000 members of one account, removed by the transaction
-- that makes their rows. A member is its subscription and the profile that owned it when the audience was frozen, each
-- 32 bits little-endian; in a chunk of people whom no subscription reaches (account null) the subscription is 0.
CREATE TABLE chunk (
    id      INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    -- account.id of clairon.db, and its channel.
    account INTEGER,
    channel TEXT,
    count   INTEGER NOT NULL CHECK (count BETWEEN 1 AND 2000),
    members BLOB NOT NULL CHECK (length(members) = 8 * count),
    CHECK ((account IS NULL) = (channel IS NULL))
) STRICT;
CREATE INDEX chunk_next ON chunk (run, account, id, count, channel);

CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    profile      INTEGER NOT NULL,
    -- Null, as account and channel are, when no subscription reaches the profile.
    subscription INTEGER,
    account      INTEGER,
    channel      TEXT,
    state        TEXT NOT NULL CHECK (state IN
                 ('pending', 'leased', 'sending', 'accepted', 'delivered', 'opened', 'clicked',
                  'skipped', 'expired', 'cancelled', 'rejected', 'dead', 'unknown')),
    reason       TEXT,
    -- The provider's own code; no personal data.
    detail       TEXT,
    language     TEXT,
    -- Attempts begun, and how many of them count against the retry policy.
    attempt      INTEGER NOT NULL DEFAULT 0,
    failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures BETWEEN 0 AND attempt),
    -- The boot that leased or sent it, and at how many boots it was found in `sending`.
    epoch        INTEGER,
    boots        INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER NOT NULL DEFAULT 0,
    provider_id  TEXT,
    -- When the last attempt began.
    sent_at      INTEGER,
    updated_at   INTEGER NOT NULL,
    CHECK ((state IN ('leased', 'sending')) = (epoch IS NOT NULL)),
    CHECK ((state IN ('skipped', 'expired', 'cancelled', 'rejected', 'dead', 'unknown')) = (reason IS NOT NULL)),
    CHECK (state NOT IN ('sending', 'accepted', 'delivered', 'opened', 'clicked', 'rejected', 'unknown') OR attempt > 0),
    CHECK ((subscription IS NULL) = (account IS NULL) AND (account IS NULL) = (channel IS NULL)),
    CHECK (subscription IS NOT NULL OR state IN ('skipped', 'cancelled'))
) STRICT;
CREATE UNIQUE INDEX delivery_once ON delivery (run, subscription) WHERE subscription IS NOT NULL;
-- Few rows are open at a time and most of their changes are among open states, so what is kept for each of these is small.
CREATE INDEX delivery_due ON delivery (run, account, next_at, channel, state) WHERE state = 'pending';
CREATE INDEX delivery_claimed ON delivery (run, account, state, epoch, channel) WHERE state IN ('leased', 'sending');
CREATE INDEX delivery_of_run ON delivery (run);
CREATE INDEX delivery_ended ON delivery (run, state, reason) WHERE state NOT IN ('pending', 'leased', 'sending');
CREATE INDEX delivery_counted ON delivery (run, channel, state, reason, language) WHERE state NOT IN ('pending', 'leased', 'sending');
CREATE INDEX delivery_by_profile ON delivery (profile, run);
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
CREATE INDEX early_status_by_age ON early_status (at);
