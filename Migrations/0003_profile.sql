-- clairon.db: people, known by the brand's own external id.
-- `id` is a dense 32-bit ordinal, never given twice: the ledger and its frozen audiences name people by it. An external id is found by its keyed hash and then compared in full.
CREATE TABLE profile (
    id            INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 4294967295),
    external_id   TEXT NOT NULL,
    external_hash INTEGER NOT NULL,
    language      TEXT,
    timezone      TEXT,
    country       TEXT,
    latitude      REAL CHECK (latitude BETWEEN -90 AND 90),
    longitude     REAL CHECK (longitude BETWEEN -180 AND 180),
    attributes    TEXT NOT NULL DEFAULT '{}' CHECK (attributes GLOB '{*}'),
    -- 0..9999, from the external id: percentages that stay the same for a person.
    bucket        INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 9999),
    last_seen_at  INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    CHECK ((latitude IS NULL) = (longitude IS NULL))
) STRICT;
CREATE INDEX profile_by_external_hash ON profile (external_hash);
CREATE INDEX profile_by_place ON profile (latitude, longitude) WHERE latitude IS NOT NULL;

CREATE TABLE profile_tag (
    profile INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
    tag     TEXT NOT NULL,
    PRIMARY KEY (profile, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX profile_tag_by_tag ON profile_tag (tag, profile);
