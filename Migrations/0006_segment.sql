-- clairon.db: named conditions. `version` counts the changes and is the ETag.
CREATE TABLE segment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    condition  TEXT NOT NULL CHECK (condition GLOB '{*}'),
    version    INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
