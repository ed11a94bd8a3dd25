-- clairon.db: campaigns. `definition` is the JSON the marketer wrote; it changes only while the state is draft.
CREATE TABLE campaign (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    purpose      TEXT NOT NULL CHECK (purpose IN ('marketing', 'transactional', 'service')),
    state        TEXT NOT NULL DEFAULT 'draft' CHECK (state IN
                 ('draft', 'scheduled', 'running', 'paused', 'finished', 'cancelled', 'expired', 'failed')),
    -- Why it failed, expired or was paused by us; null when a person did it.
    reason       TEXT,
    definition   TEXT NOT NULL CHECK (definition GLOB '{*}'),
    version      INTEGER NOT NULL DEFAULT 1,
    scheduled_at INTEGER,
    started_at   INTEGER,
    finished_at  INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    CHECK (state <> 'scheduled' OR scheduled_at IS NOT NULL),
    CHECK (state NOT IN ('running', 'paused') OR started_at IS NOT NULL),
    CHECK ((state IN ('finished', 'cancelled', 'expired', 'failed')) = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX campaign_by_state ON campaign (state, scheduled_at);

-- Test sends of a campaign: each becomes one run of the ledger.
CREATE TABLE campaign_test (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign   INTEGER NOT NULL REFERENCES campaign (id) ON DELETE CASCADE,
    -- JSON array of profile ids, and the definition as it was.
    profiles   TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    frozen_at  INTEGER
) STRICT;
