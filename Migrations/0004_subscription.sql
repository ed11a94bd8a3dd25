-- clairon.db: addresses of people on accounts, with their opt-in state, and the history that proves it.
CREATE TABLE subscription (
    id                INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 4294967295),
    profile           INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
    account           INTEGER NOT NULL REFERENCES account (id),
    channel           TEXT NOT NULL,
    -- What identifies the address within the account (token, endpoint, page-scoped id, E.164), and what else sending
    -- needs (web push keys, JSON). Found by the keyed hash and then compared in full.
    address           TEXT NOT NULL,
    address_hash      INTEGER NOT NULL,
    address_keys      TEXT,
    opt_in            INTEGER NOT NULL CHECK (opt_in IN (0, 1)),
    -- `invalid`: a provider said the address is dead; kept, with its words and time, until it is registered again.
    status            TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'invalid')),
    invalid_reason    TEXT,
    invalid_at        INTEGER,
    language          TEXT,
    app_version       TEXT,
    -- `app_version` in a form that sorts by its numbers.
    app_version_key   TEXT,
    os                TEXT,
    -- Until when the channel's free-form window is open (Messenger).
    window_expires_at INTEGER,
    registered_at     INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    CHECK ((status = 'invalid') = (invalid_at IS NOT NULL))
) STRICT;
CREATE INDEX subscription_by_address ON subscription (account, address_hash);
CREATE INDEX subscription_by_profile ON subscription (profile, channel);

CREATE TABLE subscription_topic (
    subscription INTEGER NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    topic        TEXT NOT NULL,
    PRIMARY KEY (subscription, topic)
) STRICT, WITHOUT ROWID;

-- One row per change of an opt-in, never changed afterwards. `address_hash` outlives the erasure of the address.
CREATE TABLE consent (
    id           INTEGER PRIMARY KEY,
    profile      INTEGER REFERENCES profile (id) ON DELETE SET NULL,
    subscription INTEGER REFERENCES subscription (id) ON DELETE SET NULL,
    channel      TEXT NOT NULL,
    account      INTEGER NOT NULL REFERENCES account (id),
    address_hash INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('granted', 'withdrawn')),
    source       TEXT NOT NULL,
    -- Version or words of the text that was shown, the topics agreed to (JSON array), further evidence (JSON object).
    text         TEXT,
    topics       TEXT,
    evidence     TEXT,
    -- When the person decided, and when we heard of it.
    at           INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_by_profile ON consent (profile, id);
CREATE INDEX consent_by_subscription ON consent (subscription, id);
CREATE TRIGGER consent_is_append_only BEFORE UPDATE OF channel, account, address_hash, state, source, text, topics, evidence, at, recorded_at ON consent
BEGIN SELECT RAISE(ABORT, 'consent rows are never changed'); END;
