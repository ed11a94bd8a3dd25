-- clairon.db: bodies of imports that go on after their answer. An upload has no import while it arrives; what has none at a start
-- never arrived whole.
CREATE TABLE upload (
    id               INTEGER PRIMARY KEY,
    import           INTEGER UNIQUE REFERENCES import (id),
    format           TEXT NOT NULL CHECK (format IN ('ndjson', 'csv')),
    creates_profiles INTEGER NOT NULL CHECK (creates_profiles IN (0, 1))
) STRICT;

-- Numbers count from 1 without a gap.
CREATE TABLE upload_part (
    upload INTEGER NOT NULL REFERENCES upload (id),
    number INTEGER NOT NULL CHECK (number >= 1),
    bytes  BLOB NOT NULL CHECK (length(bytes) > 0),
    PRIMARY KEY (upload, number)
) STRICT;
