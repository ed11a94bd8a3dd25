-- clairon.db: messages to one person each. What they say and to which addresses is fixed by the POST; they go with the person.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    profile    INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL CHECK (purpose IN ('marketing', 'transactional', 'service')),
    -- The JSON that was sent, without the person.
    definition TEXT NOT NULL CHECK (definition GLOB '{*}'),
    -- JSON array of [account.id, subscription.id]; empty when no subscription reaches the person.
    recipients TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Set some time after its rows are in the ledger: where to begin at the next start.
    frozen_at  INTEGER
) STRICT;
CREATE INDEX message_by_profile ON message (profile);
CREATE INDEX message_waiting ON message (id) WHERE frozen_at IS NULL;
