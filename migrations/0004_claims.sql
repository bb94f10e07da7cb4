-- What a claim needs: inputs of a bounded size, and the retries that a clock that was set back has put off.

-- An input is held in memory whole when its job is sent. Characters are counted first: bytes would be copied for each insert.
CREATE TRIGGER jobs_input_size BEFORE INSERT ON jobs
WHEN length(NEW.input) > 4194304 AND length(CAST(NEW.input AS BLOB)) > 16777216
BEGIN
    SELECT RAISE(ABORT, 'an input holds at most 16 MiB');
END;

CREATE TRIGGER jobs_input_size_update BEFORE UPDATE OF input ON jobs
WHEN length(NEW.input) > 4194304 AND length(CAST(NEW.input AS BLOB)) > 16777216 AND NEW.input IS NOT OLD.input
BEGIN
    SELECT RAISE(ABORT, 'an input holds at most 16 MiB');
END;

-- Jobs that wait for another try, and not for a time that a person has set.
CREATE INDEX jobs_retry ON jobs (next_try_at)
WHERE state = 'queued' AND next_try_at IS NOT NULL AND next_try_at IS NOT not_before;
