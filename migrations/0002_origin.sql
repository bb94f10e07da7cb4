-- Where a request was bought, so that it is never asked for anywhere else.

-- The scheme, host and port of the api_url at that time. Null: not known; then it is taken for that of the present one.
ALTER TABLE jobs ADD COLUMN origin TEXT
    CHECK (origin IS NULL OR (request_id IS NOT NULL AND length(origin) BETWEEN 1 AND 512));

CREATE TRIGGER jobs_insert_origin_guard BEFORE INSERT ON jobs WHEN NEW.origin IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a new job may set only model, input, priority, label, key, not_before, validation and state');
END;

-- What the running jobd goes by, or the last one did, as far as jobctl has to know it.
CREATE TABLE daemon_settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
