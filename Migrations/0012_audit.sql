-- clairon.db: what marketers and administrators have changed, row by row, each chained to the one before. No personal data.
CREATE TABLE audit (
    -- 1, 2, 3 … without gaps.
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    -- The key (key_3), or `command` for the command line.
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    -- The row that was changed (cmp_7); for a person a keyed hash of the external id.
    object  TEXT NOT NULL,
    -- SHA-256 of what the row said before and after; NULL where there is none, or where it would be personal data.
    before  BLOB CHECK (length(before) = 32),
    after   BLOB CHECK (length(after) = 32),
    request TEXT,
    -- SHA-256 of the hash before and this row's content.
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_by_object ON audit (object, id);
CREATE INDEX audit_by_actor ON audit (actor, id);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- A REPLACE deletes without asking the trigger above: it would name a row that is there.
CREATE TRIGGER audit_grows_at_its_end BEFORE INSERT ON audit WHEN NEW.id <> (SELECT ifnull(max(id), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
