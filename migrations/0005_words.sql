-- Refusals in words for people with sqlite3, and what is left when a job's row goes.

-- A CHECK answers with its expression, which nobody reads. The rules are the same as in 0001. (Of a wrong input, key or
-- model the CHECK has words of its own; of a wrong type, such as a text in priority, SQLite has. 0006 has the words for an
-- INSERT.)
CREATE TRIGGER jobs_update_words BEFORE UPDATE OF label, validation, not_before ON jobs
WHEN instr(NEW.label, char(0))
    OR (NEW.validation <> 'pending' AND NEW.validation <> 'passed' AND NEW.validation <> 'waived')
    OR (NEW.not_before IS NOT NULL AND NEW.not_before IS NOT strftime('%Y-%m-%d %H:%M:%f', NEW.not_before, '+0 days'))
BEGIN
    SELECT RAISE(ABORT, 'a label holds no NUL character') WHERE instr(NEW.label, char(0));
    SELECT RAISE(ABORT, 'validation is pending, passed or waived')
    WHERE NEW.validation <> 'pending' AND NEW.validation <> 'passed' AND NEW.validation <> 'waived';
    SELECT RAISE(ABORT, 'not_before is a time in UTC, written like 2026-01-31 18:00:00.000; use strftime(''%Y-%m-%d %H:%M:%f'', ''2026-01-31 18:00'')');
END;

-- jobd writes a state together with its times and its request; a state alone says what is not so.
CREATE TRIGGER jobs_state_words BEFORE UPDATE OF state ON jobs
WHEN NEW.state <> 'queued' AND NEW.state <> 'submitting' AND NEW.state <> 'in_queue' AND NEW.state <> 'in_progress'
    AND NEW.state <> 'downloading' AND NEW.state <> 'completed' AND NEW.state <> 'held' AND NEW.state <> 'uncertain'
    AND NEW.state <> 'failed' AND NEW.state <> 'cancelled'
BEGIN
    SELECT RAISE(ABORT, 'there is no such state; change it with jobctl hold, release, cancel or retry');
END;

-- Files that stayed on disk when their job's row went: how verify and prune know that jobd made them.
CREATE TABLE left_files (
    path   TEXT PRIMARY KEY,                           -- as in outputs
    job_id INTEGER NOT NULL,                           -- its sidecar lies beside it
    bytes  INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX left_files_job ON left_files (job_id);

-- Before the row goes: with foreign_keys on, its outputs go with it. Without, as in sqlite3, they would stay behind.
CREATE TRIGGER jobs_deleted BEFORE DELETE ON jobs WHEN OLD.ended_at IS NOT NULL
BEGIN
    INSERT OR REPLACE INTO left_files (path, job_id, bytes, sha256)
    SELECT path, job_id, bytes, sha256 FROM outputs
    WHERE job_id = OLD.id AND state = 'done' AND removed_at IS NULL;
    DELETE FROM outputs WHERE job_id = OLD.id;
END;

-- Events can go only after their job.
CREATE TRIGGER jobs_deleted_events AFTER DELETE ON jobs
BEGIN
    DELETE FROM events WHERE job_id = OLD.id;
END;
