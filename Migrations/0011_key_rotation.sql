-- clairon.db: how many requests a key may make, and the secret it had before it was rotated.
ALTER TABLE api_key ADD COLUMN rate_per_second INTEGER CHECK (rate_per_second BETWEEN 1 AND 1000000);
ALTER TABLE api_key ADD COLUMN rate_burst INTEGER
    CHECK (rate_burst BETWEEN 1 AND 1000000 AND (rate_burst IS NULL) = (rate_per_second IS NULL));
-- SHA-256 of the former secret, and until when it opens beside the present one.
ALTER TABLE api_key ADD COLUMN previous_hash BLOB CHECK (length(previous_hash) = 32);
ALTER TABLE api_key ADD COLUMN previous_until INTEGER CHECK ((previous_until IS NULL) = (previous_hash IS NULL));
