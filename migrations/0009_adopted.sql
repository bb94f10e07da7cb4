-- Requests that jobd did not send, such as from RunComfy's web page. Their jobs count no POST and have no input.

-- A CHECK can only be changed in the schema's own text. (The migration turns SQLite's protection of it off.)
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(
    sql, 'CHECK (request_id IS NULL OR submissions > 0)',
    'CHECK (request_id IS NULL OR submissions > 0 OR input_removed_at IS NOT NULL)')
WHERE type = 'table' AND name = 'jobs';
PRAGMA writable_schema = RESET;

-- With the guard that replaces this one, other connections also notice that the schema is a new one.
DROP TRIGGER jobs_request_guard;
CREATE TRIGGER jobs_request_guard BEFORE UPDATE OF request_id ON jobs WHEN NEW.request_id IS NOT OLD.request_id
BEGIN
    SELECT RAISE(ABORT, 'another job has this request')
    FROM jobs WHERE request_id = NEW.request_id AND request_id IS NOT NULL AND id <> OLD.id;
    -- An input that was not sent must not be taken for what made the outputs of another's request.
    SELECT RAISE(ABORT, 'a request that jobd did not send is for a new job without an input: use jobctl adopt')
    WHERE NEW.request_id IS NOT NULL AND NEW.submissions = 0 AND (OLD.state <> 'held' OR OLD.input <> '{}');
END;
