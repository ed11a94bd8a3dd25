-- ledger-*.db: the same rows in a table that a message changes at a third of the cost. SQLite builds a temporary table for every
-- IN with more than two values, in each statement anew, and does so for the conditions of checks and of partial indexes too:
-- they are written without. `epoch` is set exactly in the claimed states and does not change between them, so that the step
-- from leased to sending touches no index.
CREATE TABLE delivery_new (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    profile      INTEGER NOT NULL,
    -- Null, as account and channel are, when no subscription reaches the profile.
    subscription INTEGER,
    account      INTEGER,
    channel      TEXT,
    state        TEXT NOT NULL,
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
    CHECK (state = 'accepted' OR state = 'sending' OR state = 'leased' OR state = 'pending' OR state = 'delivered' OR state = 'opened'
           OR state = 'clicked' OR state = 'skipped' OR state = 'rejected' OR state = 'expired' OR state = 'cancelled' OR state = 'dead'
           OR state = 'unknown'),
    CHECK ((state = 'leased' OR state = 'sending') = (epoch IS NOT NULL)),
    CHECK ((state = 'skipped' OR state = 'rejected' OR state = 'expired' OR state = 'cancelled' OR state = 'dead' OR state = 'unknown')
           = (reason IS NOT NULL)),
    CHECK (attempt > 0 OR state = 'leased' OR state = 'pending' OR state = 'skipped' OR state = 'expired' OR state = 'cancelled' OR state = 'dead'),
    CHECK ((subscription IS NULL) = (account IS NULL) AND (account IS NULL) = (channel IS NULL)),
    CHECK (subscription IS NOT NULL OR state = 'skipped' OR state = 'cancelled')
) STRICT;
INSERT INTO delivery_new SELECT id, run, profile, subscription, account, channel, state, reason, detail, language, attempt, failures, epoch, boots,
    next_at, provider_id, sent_at, updated_at FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_new RENAME TO delivery;
CREATE UNIQUE INDEX delivery_once ON delivery (run, subscription) WHERE subscription IS NOT NULL;
-- Few rows are open at a time and most of their changes are among open states, so what is kept for each of these is small.
CREATE INDEX delivery_due ON delivery (run, account, next_at, channel, state) WHERE state = 'pending';
CREATE INDEX delivery_claimed ON delivery (run, account) WHERE epoch IS NOT NULL;
CREATE INDEX delivery_of_run ON delivery (run);
-- For the report, and for the pages of the ledger by state and reason. What is neither claimed nor pending has ended.
CREATE INDEX delivery_ended ON delivery (run, state, reason, channel, language, epoch) WHERE epoch IS NULL AND state <> 'pending';
CREATE INDEX delivery_by_profile ON delivery (profile, run);
-- Only the providers of these channels call back with their id.
CREATE INDEX delivery_by_provider ON delivery (account, provider_id) WHERE provider_id IS NOT NULL AND (channel = 'sms' OR channel = 'messenger');
