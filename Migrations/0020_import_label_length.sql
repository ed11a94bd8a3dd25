-- clairon.db: the label of an import is measured in characters, as the contract says it.
ALTER TABLE import RENAME COLUMN label TO label_by_bytes;
ALTER TABLE import ADD COLUMN label TEXT CHECK (length(label) BETWEEN 1 AND 128);
UPDATE import SET label = label_by_bytes;
ALTER TABLE import DROP COLUMN label_by_bytes;
