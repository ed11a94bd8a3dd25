-- clairon.db: what the sender calls an import.
ALTER TABLE import ADD COLUMN label TEXT CHECK (length(CAST(label AS BLOB)) BETWEEN 1 AND 128);
