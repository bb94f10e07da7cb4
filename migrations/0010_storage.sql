-- Outputs in object storage.

-- Where the file is in the storage, which has checked its hash.
ALTER TABLE outputs ADD COLUMN object TEXT CHECK (object GLOB 's3://?*/?*');
-- Null: the file is on this machine. leaving: it is about to be removed, since the object has taken its place. gone: it was.
ALTER TABLE outputs ADD COLUMN local TEXT CHECK (local IS NULL OR (object IS NOT NULL AND (local = 'leaving' OR local = 'gone')));

CREATE INDEX outputs_leaving ON outputs (local, job_id, position) WHERE local = 'leaving';

-- Objects of pruned outputs, which jobd still has to remove.
CREATE TABLE removed_objects (
    object TEXT PRIMARY KEY CHECK (object GLOB 's3://?*/?*')
) STRICT, WITHOUT ROWID;

DROP VIEW files;
CREATE VIEW files AS
SELECT
    o.job_id, o.position, iif(o.local IS NULL, o.path, NULL) AS path, o.kind, o.bytes, o.width, o.height, o.duration_s,
    coalesce(json_extract(j.input, '$.prompt'), json_extract(j.input, '$.text')) AS prompt,
    j.model, j.label, j.created_at, o.object
FROM outputs AS o JOIN jobs AS j ON j.id = o.job_id
WHERE o.state = 'done' AND o.removed_at IS NULL;

-- As in 0005, but what is gone leaves nothing behind.
DROP TRIGGER jobs_deleted;
CREATE TRIGGER jobs_deleted BEFORE DELETE ON jobs WHEN OLD.ended_at IS NOT NULL
BEGIN
    INSERT OR REPLACE INTO left_files (path, job_id, bytes, sha256)
    SELECT path, job_id, bytes, sha256 FROM outputs
    WHERE job_id = OLD.id AND state = 'done' AND removed_at IS NULL AND local IS NOT 'gone';
    DELETE FROM outputs WHERE job_id = OLD.id;
END;
