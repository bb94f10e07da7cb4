-- Outputs as inputs. A text such as job:12/3 in an input is a reference: the address of an output of job 12 is sent in its place.

-- How many references have no output yet. The job is not sent before it is 0.
ALTER TABLE jobs ADD COLUMN waits_for INTEGER NOT NULL DEFAULT 0 CHECK (waits_for >= 0);
-- A person has chosen this output.
ALTER TABLE outputs ADD COLUMN picked_at TEXT
    CHECK (picked_at IS strftime('%Y-%m-%d %H:%M:%f', picked_at, '+0 days'));

CREATE INDEX outputs_picked ON outputs (job_id) WHERE picked_at IS NOT NULL;

-- Which job an input came from. Rows are kept for ever, also when one of the two jobs was pruned.
CREATE TABLE links (
    job_id      INTEGER NOT NULL,
    path        TEXT NOT NULL,                         -- where in the input: $.images[0]
    source_id   INTEGER NOT NULL CHECK (source_id < job_id),
    output      TEXT NOT NULL CHECK (                  -- a position, or all, or those that are picked
                    output = 'all' OR output = 'pick'
                    OR (output NOT GLOB '*[^0-9]*' AND output NOT GLOB '0*' AND length(output) BETWEEN 1 AND 9)),
    resolved_at TEXT                                   -- when it was last sent; null while the job waits
                    CHECK (resolved_at IS strftime('%Y-%m-%d %H:%M:%f', resolved_at, '+0 days')),
    sent        TEXT CHECK (sent IS NULL OR json_valid(sent)),         -- the positions of the outputs that it became
    PRIMARY KEY (job_id, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX links_lineage ON links (source_id, job_id);

CREATE TRIGGER links_delete_guard BEFORE DELETE ON links
BEGIN
    SELECT RAISE(ABORT, 'links are kept: they say what was made from what');
END;

DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (model, priority DESC, id)
WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0;
CREATE INDEX jobs_waits_for ON jobs (id) WHERE waits_for > 0 AND ended_at IS NULL;

-- The references that a job waits for. One value in a list may become several; elsewhere it must be one.
CREATE VIEW missing_sources AS
SELECT l.job_id, l.path, l.source_id, l.output
FROM links AS l LEFT JOIN jobs AS s ON s.id = l.source_id
WHERE l.resolved_at IS NULL AND NOT coalesce(
    s.state = 'completed' AND CASE l.output
        WHEN 'all' THEN 1
        WHEN 'pick' THEN (
            SELECT count(*) BETWEEN 1 AND iif(l.path GLOB '*]', 10000, 1)
            FROM outputs WHERE job_id = l.source_id AND picked_at IS NOT NULL)
        ELSE EXISTS (SELECT 1 FROM outputs WHERE job_id = l.source_id AND position = CAST(l.output AS INTEGER))
        END, 0);

-- The references as inputs have them. A text that only looks like one has its colon written as \u003a.
-- (json_extract of two paths gives the text as it is written; null if the key has a quotation mark: that is refused below.)
CREATE VIEW written_references AS
SELECT
    j.id AS job_id, replace(t.fullkey, '"', '') AS path,
    iif(instr(t.value, '/'), substr(t.value, 5, instr(t.value, '/') - 5), substr(t.value, 5)) AS source,
    iif(instr(t.value, '/'), substr(t.value, instr(t.value, '/') + 1), '1') AS output
FROM jobs AS j JOIN json_tree(j.input) AS t
WHERE t.type = 'text' AND t.value GLOB 'job:[0-9]*' AND t.value NOT GLOB '*[' || char(1) || '- ]*'
    AND coalesce(substr(json_extract(j.input, t.fullkey, t.fullkey), 1, 6) IN ('["job:', '[null,'), 1);

-- For each row, SQLite sets up the memory that a trigger's program needs, even if WHEN says no. So the long programs are those
-- of views: an insert into this one makes the links of a job, and one into missing_sources counts again what a job waits for.
CREATE TRIGGER written_references_link INSTEAD OF INSERT ON written_references
BEGIN
    SELECT RAISE(ABORT, 'a reference is job:ID, job:ID/N, job:ID/all or job:ID/pick')
    FROM written_references
    WHERE job_id = NEW.job_id AND (
        source GLOB '*[^0-9]*' OR source GLOB '0*' OR length(source) > 18
        OR (output NOT IN ('all', 'pick')
            AND (output = '' OR output GLOB '*[^0-9]*' OR output GLOB '0*' OR length(output) > 9)));
    -- Versions of SQLite and other readers do not agree on the path of such a key.
    SELECT RAISE(ABORT, 'the key of a reference is written without escapes')
    FROM written_references WHERE job_id = NEW.job_id AND instr(path, '\');
    SELECT RAISE(ABORT, 'a reference names a job that is not there')
    FROM written_references AS r
    WHERE r.job_id = NEW.job_id AND NOT EXISTS (
        SELECT 1 FROM jobs WHERE id = CAST(r.source AS INTEGER) AND id < NEW.job_id);
    SELECT RAISE(ABORT, 'a reference names a job that has failed or was cancelled')
    FROM written_references AS r JOIN jobs AS s ON s.id = CAST(r.source AS INTEGER)
    WHERE r.job_id = NEW.job_id AND s.state IN ('failed', 'cancelled');
    SELECT RAISE(ABORT, 'a reference names an output that its job did not make')
    FROM written_references AS r JOIN jobs AS s ON s.id = CAST(r.source AS INTEGER)
    WHERE r.job_id = NEW.job_id AND s.state = 'completed' AND r.output NOT IN ('all', 'pick') AND NOT EXISTS (
        SELECT 1 FROM outputs WHERE job_id = s.id AND position = CAST(r.output AS INTEGER));
    INSERT INTO links (job_id, path, source_id, output)
    SELECT job_id, path, CAST(source AS INTEGER), output FROM written_references WHERE job_id = NEW.job_id;
    INSERT INTO missing_sources (job_id) VALUES (NEW.job_id);
END;

CREATE TRIGGER missing_sources_count INSTEAD OF INSERT ON missing_sources
BEGIN
    UPDATE jobs SET waits_for = (SELECT count(*) FROM missing_sources WHERE job_id = NEW.job_id)
    WHERE id = NEW.job_id AND ended_at IS NULL;
END;

CREATE TRIGGER jobs_references AFTER INSERT ON jobs WHEN NEW.input GLOB '*"job:*'
BEGIN
    INSERT INTO written_references (job_id) VALUES (NEW.id);
END;

-- The guards of 0001 and 0002 in one, which takes less time, with words for what only a CHECK refuses.
DROP TRIGGER jobs_insert_origin_guard;
DROP TRIGGER jobs_insert_guard;
CREATE TRIGGER jobs_insert_guard BEFORE INSERT ON jobs
BEGIN
    SELECT RAISE(ABORT, 'a label holds no NUL character') WHERE instr(NEW.label, char(0));
    SELECT RAISE(ABORT, 'validation is pending, passed or waived')
    WHERE NEW.validation <> 'pending' AND NEW.validation <> 'passed' AND NEW.validation <> 'waived';
    SELECT RAISE(ABORT, 'not_before is a time in UTC, written like 2026-01-31 18:00:00.000; use strftime(''%Y-%m-%d %H:%M:%f'', ''2026-01-31 18:00'')')
    WHERE NEW.not_before IS NOT strftime('%Y-%m-%d %H:%M:%f', NEW.not_before, '+0 days');
    SELECT RAISE(ABORT, 'a new job is queued or held') WHERE NEW.state NOT IN ('queued', 'held');
    SELECT RAISE(ABORT, 'a new job may set only model, input, priority, label, key, not_before, validation and state')
    WHERE NEW.id IS NOT -1 -- SQLite's word for "to be chosen"
        OR NEW.request_id IS NOT NULL OR NEW.remote_status IS NOT NULL OR NEW.queue_position IS NOT NULL
        OR NEW.submissions <> 0 OR NEW.cancel_requested_at IS NOT NULL OR NEW.error_kind IS NOT NULL
        OR NEW.error_message IS NOT NULL OR NEW.price_usd IS NOT NULL OR NEW.cost_usd IS NOT NULL
        OR NEW.created_at IS NOT strftime('%Y-%m-%d %H:%M:%f', 'now') OR NEW.submitted_at IS NOT NULL
        OR NEW.started_at IS NOT NULL OR NEW.finished_at IS NOT NULL OR NEW.ended_at IS NOT NULL
        OR NEW.next_try_at IS NOT NULL OR NEW.followed_since IS NOT NULL OR NEW.input_removed_at IS NOT NULL
        OR NEW.origin IS NOT NULL OR NEW.waits_for <> 0;
    -- Said here and not only by the index: INSERT OR REPLACE would delete the job that has the key.
    SELECT RAISE(ABORT, 'another job that is not failed or cancelled has this key')
    FROM jobs WHERE key = NEW.key AND key IS NOT NULL AND state NOT IN ('failed', 'cancelled');
END;

CREATE TRIGGER jobs_references_guard BEFORE UPDATE OF input ON jobs
WHEN NEW.input IS NOT OLD.input AND NEW.input_removed_at IS NULL
    AND (NEW.input GLOB '*"job:*' OR EXISTS (SELECT 1 FROM links WHERE job_id = OLD.id))
BEGIN
    SELECT RAISE(ABORT, 'an input with references is never changed: cancel the job and enqueue another');
END;

-- What waits for a job is counted again together with its completion. It is counted, not reckoned, so that nothing that
-- happens twice can make the number wrong.
CREATE TRIGGER jobs_release AFTER UPDATE OF state ON jobs
WHEN (NEW.state = 'completed') <> (OLD.state = 'completed')
    AND EXISTS (SELECT 1 FROM links WHERE source_id = NEW.id AND resolved_at IS NULL)
BEGIN
    INSERT INTO missing_sources (job_id)
    SELECT DISTINCT job_id FROM links WHERE source_id = NEW.id AND resolved_at IS NULL;
END;

CREATE TRIGGER outputs_pick AFTER UPDATE OF picked_at ON outputs
WHEN (NEW.picked_at IS NULL) <> (OLD.picked_at IS NULL)
BEGIN
    INSERT INTO missing_sources (job_id)
    SELECT DISTINCT job_id FROM links WHERE source_id = NEW.job_id AND resolved_at IS NULL AND output = 'pick';
END;

-- A job that returns to the queue is sent what its sources have then.
CREATE TRIGGER jobs_requeued AFTER UPDATE OF state ON jobs
WHEN NEW.state = 'queued' AND OLD.state NOT IN ('queued', 'held')
    AND EXISTS (SELECT 1 FROM links WHERE job_id = NEW.id)
BEGIN
    UPDATE links SET resolved_at = NULL WHERE job_id = NEW.id;
    INSERT INTO missing_sources (job_id) VALUES (NEW.id);
END;

-- Jobs that others may still be made from: a job in doubt may return to the queue.
CREATE VIEW needed_sources AS
SELECT links.source_id AS id, links.job_id
FROM links JOIN jobs AS j ON j.id = links.job_id
WHERE j.ended_at IS NULL AND j.request_id IS NULL;

CREATE TRIGGER jobs_source_guard BEFORE DELETE ON jobs
WHEN EXISTS (SELECT 1 FROM needed_sources WHERE needed_sources.id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'other jobs wait for this one');
END;
