-- What a job was made from is what its input says, also against a wrong statement in sqlite3.

CREATE TRIGGER links_insert_guard BEFORE INSERT ON links
BEGIN
    SELECT RAISE(ABORT, 'two references have the same path: rename one of the keys')
    FROM links WHERE job_id = NEW.job_id AND path = NEW.path;
    SELECT RAISE(ABORT, 'links are made of the references in an input, when the job is enqueued')
    WHERE NEW.resolved_at IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM written_references
        WHERE job_id = NEW.job_id AND path = NEW.path AND source = CAST(NEW.source_id AS TEXT)
            AND output = NEW.output);
END;

CREATE TRIGGER links_update_guard BEFORE UPDATE OF job_id, path, source_id, output ON links
BEGIN
    SELECT RAISE(ABORT, 'links are what the input says: cancel the job and enqueue another');
END;

CREATE TRIGGER jobs_waits_for_guard BEFORE UPDATE OF waits_for ON jobs
WHEN NEW.waits_for IS NOT OLD.waits_for
    AND NEW.waits_for <> (SELECT count(*) FROM missing_sources WHERE job_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'waits_for is counted, not set: jobctl explain says what the job waits for');
END;

-- With its last use, an output may go; so may those of a job that is not completed.
CREATE TRIGGER outputs_needed_guard BEFORE DELETE ON outputs
WHEN EXISTS (SELECT 1 FROM jobs WHERE id = OLD.job_id AND state = 'completed')
    AND EXISTS (SELECT 1 FROM needed_sources WHERE id = OLD.job_id)
BEGIN
    SELECT RAISE(ABORT, 'other jobs wait for this one');
END;
