-- ledger-*.db: what became of rows of messages and some webhook asks for, written in the transaction in which it became so. It is moved
-- into the outbox of clairon.db, which that transaction cannot write to.
CREATE TABLE message_event (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    -- `webhook-id`: the same however often a crash has it moved.
    name     TEXT NOT NULL,
    delivery INTEGER NOT NULL,
    state    TEXT NOT NULL,
    reason   TEXT,
    detail   TEXT,
    at       INTEGER NOT NULL
) STRICT;
