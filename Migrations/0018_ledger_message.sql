-- ledger-*.db: runs of messages, and their rows, which go before all others. A message's run has campaign 0 and few rows, and is
-- not ended: the message is over when its rows are.
--
-- The CHECK of `kind` is rewritten in place (https://www.sqlite.org/lang_altertable.html section 8, the simpler procedure): a new
-- table would need a copy of every delivery, which refers to it.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'kind IN (''launch'', ''test'')', 'kind IN (''launch'', ''test'', ''message'')')
    WHERE type = 'table' AND name = 'run';
PRAGMA writable_schema = RESET;
-- message.id of clairon.db.
ALTER TABLE run ADD COLUMN message INTEGER CHECK ((kind = 'message') = (message IS NOT NULL));
CREATE UNIQUE INDEX run_once_per_message ON run (message) WHERE kind = 'message';
DROP INDEX run_open;
CREATE INDEX run_open ON run (id) WHERE finished_at IS NULL AND kind <> 'message';
ALTER TABLE delivery ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent = 0 OR urgent = 1);
CREATE INDEX delivery_urgent ON delivery (account, next_at) WHERE urgent = 1 AND state = 'pending';
