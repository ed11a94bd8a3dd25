-- clairon.db: who is told of what happens, and the outbox: one row for each event and webhook, written in the transaction of
-- what it tells of.
CREATE TABLE webhook (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    url             TEXT NOT NULL,
    description     TEXT NOT NULL,
    enabled         INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    -- Why we disabled it; null when a person did.
    disabled_reason TEXT CHECK (disabled_reason = 'gone' OR disabled_reason = 'failing'),
    -- The secret is derived from the installation's and this; the one before the last rotation signs too, until then.
    salt            BLOB NOT NULL DEFAULT (randomblob(16)) CHECK (length(salt) = 16),
    previous_salt   BLOB CHECK (length(previous_salt) = 16),
    previous_until  INTEGER,
    -- When an endpoint last answered 2xx.
    succeeded_at    INTEGER,
    version         INTEGER NOT NULL DEFAULT 1,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK (enabled = 0 OR disabled_reason IS NULL),
    CHECK ((previous_salt IS NULL) = (previous_until IS NULL))
) STRICT;

-- What each wants to be told of.
CREATE TABLE webhook_event (
    type    TEXT NOT NULL,
    webhook INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    PRIMARY KEY (type, webhook)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_event_by_webhook ON webhook_event (webhook);

CREATE TABLE webhook_delivery (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook         INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    -- The same for one event at all webhooks and in all attempts.
    message         TEXT NOT NULL,
    type            TEXT NOT NULL,
    body            TEXT NOT NULL,
    -- Whom it is about, so that erasing the person erases it too.
    profile         INTEGER REFERENCES profile (id) ON DELETE CASCADE,
    state           TEXT NOT NULL DEFAULT 'pending' CHECK (state = 'pending' OR state = 'delivered' OR state = 'failed'),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_at         INTEGER,
    -- Of the last attempt: what was answered, or why nothing was.
    response_status INTEGER,
    error           TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK ((state = 'pending') = (next_at IS NOT NULL))
) STRICT;
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook, next_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook);
CREATE INDEX webhook_delivery_by_profile ON webhook_delivery (profile) WHERE profile IS NOT NULL;
