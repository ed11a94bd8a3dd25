-- clairon.db: what people did. An event's own id is found by its keyed hash and makes repeats harmless.
CREATE TABLE event (
    id            INTEGER PRIMARY KEY,
    external_id   TEXT NOT NULL,
    external_hash INTEGER NOT NULL,
    profile       INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    properties    TEXT NOT NULL DEFAULT '{}' CHECK (properties GLOB '{*}')
) STRICT;
CREATE INDEX event_by_external_hash ON event (external_hash);
CREATE INDEX event_by_profile ON event (profile, name, at);
CREATE INDEX event_by_name ON event (name, at, profile);
