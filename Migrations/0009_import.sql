-- clairon.db: bulk imports, and provider events already seen.
CREATE TABLE import (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('profiles', 'subscriptions', 'events')),
    state       TEXT NOT NULL CHECK (state IN ('running', 'finished', 'failed')),
    lines       INTEGER NOT NULL DEFAULT 0,
    accepted    INTEGER NOT NULL DEFAULT 0,
    rejected    INTEGER NOT NULL DEFAULT 0,
    -- JSON array of the first errors: line, pointer, code, detail.
    errors      TEXT NOT NULL DEFAULT '[]',
    created_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE TABLE inbox (
    account     INTEGER NOT NULL REFERENCES account (id),
    event_id    TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (account, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_by_age ON inbox (received_at);
