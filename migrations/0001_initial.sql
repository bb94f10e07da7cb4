-- The store of jobd. Every rule that can be said here is said here, so that no program can store an impossible job.
-- Times are UTC text, YYYY-MM-DD HH:MM:SS.SSS: the one form that strftime() gives back unchanged. (Its modifier makes it
-- reckon: without one it passes a 30th of February on as it came.)
-- Words are compared one by one: for an IN of three or more SQLite makes a table anew in every statement, which took
-- two thirds of an insert's time.

CREATE TABLE jobs (
    -- Never used again, also after the job was pruned.
    id                  INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    state               TEXT NOT NULL DEFAULT 'queued' CHECK (
                            state = 'held'             -- set aside by a person
                            OR state = 'queued'        -- not sent yet
                            OR state = 'submitting'    -- the intent to send is on disk, the POST is on the wire
                            OR state = 'uncertain'     -- the POST may have bought something, and nobody can know
                            OR state = 'in_queue' OR state = 'in_progress' -- RunComfy has it
                            OR state = 'downloading'   -- finished over there, the files are being fetched
                            OR state = 'completed' OR state = 'failed' OR state = 'cancelled'), -- over
    model               TEXT NOT NULL
                            CONSTRAINT "model is 1 to 256 plain characters" CHECK (length(model) BETWEEN 1 AND 256
                            AND model NOT GLOB '*[^!-~]*' AND instr(model, char(0)) = 0),
    input               TEXT NOT NULL                  -- sent as it stands
                            CONSTRAINT "input is a JSON object" CHECK (
                                CASE WHEN json_valid(input) AND instr(input, char(0)) = 0 -- JSON ends there for SQLite
                                THEN json_type(input) = 'object' ELSE 0 END),
    priority            INTEGER NOT NULL DEFAULT 0,    -- higher goes first
    label               TEXT CHECK (instr(label, char(0)) = 0),
    key                 TEXT                           -- see the index jobs_key
                            CONSTRAINT "key is not empty" CHECK (length(key) > 0 AND instr(key, char(0)) = 0),
    not_before          TEXT                           -- not sent before
                            CHECK (not_before IS strftime('%Y-%m-%d %H:%M:%f', not_before, '+0 days')),
    validation          TEXT NOT NULL DEFAULT 'pending' -- of the input against the model's schema
                            CHECK (validation = 'pending' OR validation = 'passed' OR validation = 'waived'),
    request_id          TEXT CHECK (length(request_id) BETWEEN 1 AND 128
                            AND request_id NOT GLOB '*[^-A-Za-z0-9_]*' AND instr(request_id, char(0)) = 0),
    remote_status       TEXT,                          -- RunComfy's last word about it
    queue_position      INTEGER,                       -- over there
    submissions         INTEGER NOT NULL DEFAULT 0 CHECK (submissions >= 0), -- POSTs accepted or in doubt
    cancel_requested_at TEXT                           -- a person wishes it cancelled
                            CHECK (cancel_requested_at IS strftime('%Y-%m-%d %H:%M:%f', cancel_requested_at, '+0 days')),
    error_kind          TEXT CHECK (
                            error_kind = 'input' OR error_kind = 'remote' OR error_kind = 'lost'
                            OR error_kind = 'output' OR error_kind = 'download' OR error_kind = 'deadline'),
    error_message       TEXT,                          -- why it failed, or what stands in its way
    price_usd           REAL CHECK (price_usd >= 0),   -- estimated before it was sent
    cost_usd            REAL,                          -- reported by RunComfy
    created_at          TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
                            CHECK (created_at IS strftime('%Y-%m-%d %H:%M:%f', created_at, '+0 days')),
    submitted_at        TEXT                           -- when the POST left
                            CHECK (submitted_at IS strftime('%Y-%m-%d %H:%M:%f', submitted_at, '+0 days')),
    started_at          TEXT                           -- at RunComfy
                            CHECK (started_at IS strftime('%Y-%m-%d %H:%M:%f', started_at, '+0 days')),
    finished_at         TEXT                           -- at RunComfy
                            CHECK (finished_at IS strftime('%Y-%m-%d %H:%M:%f', finished_at, '+0 days')),
    ended_at            TEXT                           -- here
                            CHECK (ended_at IS strftime('%Y-%m-%d %H:%M:%f', ended_at, '+0 days')),
    next_try_at         TEXT                           -- of a queued job; null: as soon as may be
                            CHECK (next_try_at IS strftime('%Y-%m-%d %H:%M:%f', next_try_at, '+0 days')),
    followed_since      TEXT                           -- the deadline counts from here
                            CHECK (followed_since IS strftime('%Y-%m-%d %H:%M:%f', followed_since, '+0 days')),
    input_removed_at    TEXT                           -- the input was pruned
                            CHECK (input_removed_at IS strftime('%Y-%m-%d %H:%M:%f', input_removed_at, '+0 days')),

    -- A request id exactly where RunComfy knows the job; a job that failed or was cancelled may or may not have one.
    CHECK (CASE
        WHEN state = 'cancelled' THEN 1
        WHEN state = 'held' OR state = 'queued' OR state = 'submitting' OR state = 'uncertain' OR error_kind = 'input'
        THEN request_id IS NULL
        ELSE request_id IS NOT NULL END),
    CHECK ((request_id IS NULL) = (followed_since IS NULL)),
    -- What stands in the place of a pruned input is never sent.
    CHECK (input_removed_at IS NULL OR state NOT IN ('held', 'queued', 'submitting')),
    CHECK (request_id IS NULL OR submissions > 0),
    CHECK (state <> 'uncertain' OR submissions > 0),
    CHECK ((ended_at IS NOT NULL) = (state = 'completed' OR state = 'failed' OR state = 'cancelled')),
    CHECK ((error_kind IS NOT NULL) = (state = 'failed')),
    CHECK (error_kind IS NULL OR error_message IS NOT NULL),
    CHECK (CASE
        WHEN state IN ('held', 'queued') THEN submitted_at IS NULL
        WHEN state IN ('failed', 'cancelled') THEN 1
        ELSE submitted_at IS NOT NULL END)
) STRICT;

-- Only one job that is not failed or cancelled may hold a key.
CREATE UNIQUE INDEX jobs_key ON jobs (key) WHERE key IS NOT NULL AND state NOT IN ('failed', 'cancelled');
CREATE UNIQUE INDEX jobs_request ON jobs (request_id) WHERE request_id IS NOT NULL;
-- What may be sent now, model by model. Jobs that wait for their time are in the other index, so that they cost nothing here.
CREATE INDEX jobs_ready ON jobs (model, priority DESC, id) WHERE state = 'queued' AND next_try_at IS NULL;
CREATE INDEX jobs_waiting ON jobs (next_try_at) WHERE state = 'queued' AND next_try_at IS NOT NULL;
-- Everything but the long history of what went well.
CREATE INDEX jobs_state ON jobs (state, id) WHERE state <> 'completed';
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_label ON jobs (label, id) WHERE label IS NOT NULL;
-- Wishes that jobd has to pass on.
CREATE INDEX jobs_cancel ON jobs (id) WHERE cancel_requested_at IS NOT NULL AND ended_at IS NULL;

CREATE TABLE outputs (
    job_id        INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL CHECK (position >= 1),
    kind          TEXT NOT NULL CHECK (kind = 'image' OR kind = 'video' OR kind = 'audio' OR kind = 'file'),
    url           TEXT NOT NULL,
    path          TEXT,                                -- under outputs/, or absolute where it lies elsewhere
    bytes         INTEGER CHECK (bytes >= 0),          -- the expected size until it is done
    sha256        TEXT CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
    media_type    TEXT,
    width         INTEGER CHECK (width > 0),
    height        INTEGER CHECK (height > 0),
    duration_s    REAL CHECK (duration_s >= 0),
    state         TEXT NOT NULL DEFAULT 'pending' CHECK (state = 'pending' OR state = 'done' OR state = 'failed'),
    downloaded_at TEXT CHECK (downloaded_at IS strftime('%Y-%m-%d %H:%M:%f', downloaded_at, '+0 days')),
    attempts      INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0), -- tries whose own answer was bad
    fetched       INTEGER NOT NULL DEFAULT 0 CHECK (fetched >= 0),  -- bytes that have come, noted each second
    removed_at    TEXT                                 -- the file was pruned
                      CHECK (removed_at IS strftime('%Y-%m-%d %H:%M:%f', removed_at, '+0 days')),
    PRIMARY KEY (job_id, position),
    UNIQUE (job_id, url),
    CHECK ((state = 'done') = (downloaded_at IS NOT NULL)),
    CHECK (state <> 'done' OR (path IS NOT NULL AND bytes IS NOT NULL AND sha256 IS NOT NULL AND media_type IS NOT NULL)),
    CHECK (removed_at IS NULL OR state = 'done')
) STRICT;

-- Whose a file is.
CREATE INDEX outputs_path ON outputs (path) WHERE path IS NOT NULL;

-- What happened, in order. Rows are added and never changed; they go only with their job.
CREATE TABLE events (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER REFERENCES jobs (id) ON DELETE CASCADE, -- null: about the account or the service
    at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
               CHECK (at IS strftime('%Y-%m-%d %H:%M:%f', at, '+0 days')),
    kind   TEXT NOT NULL CHECK (
               kind = 'status' OR kind = 'enqueued' OR kind = 'submitting' OR kind = 'accepted' OR kind = 'output'
               OR kind = 'ended' OR kind = 'held' OR kind = 'released' OR kind = 'changed' OR kind = 'refused'
               OR kind = 'uncertain' OR kind = 'resolved' OR kind = 'fault' OR kind = 'cancel_requested'
               OR kind = 'retried'),
    detail TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail))
) STRICT;

CREATE INDEX events_job ON events (job_id, id);

-- Every POST that was accepted or may have been: the money, kept apart from the jobs so that pruning loses none of it.
CREATE TABLE charges (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id        INTEGER NOT NULL,
    submission    INTEGER NOT NULL,                    -- which of the job's POSTs
    at            TEXT NOT NULL CHECK (at IS strftime('%Y-%m-%d %H:%M:%f', at, '+0 days')),
    model         TEXT NOT NULL,
    estimated_usd REAL,
    reported_usd  REAL,
    UNIQUE (job_id, submission)
) STRICT;

CREATE INDEX charges_day ON charges (at, estimated_usd, reported_usd);

-- Why submissions stand still. No row, no pause.
CREATE TABLE pauses (
    reason TEXT PRIMARY KEY CHECK (
               reason = 'hand' OR reason = 'token' OR reason = 'balance' OR reason = 'outage' OR reason = 'budget'),
    detail TEXT NOT NULL,                              -- in words
    since  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
               CHECK (since IS strftime('%Y-%m-%d %H:%M:%f', since, '+0 days'))
) STRICT, WITHOUT ROWID;

-- How far programs have read the events: on_finish and on_attention, so that each event is told at least once.
CREATE TABLE marks (
    name     TEXT PRIMARY KEY,
    event_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Schemas that were fetched or given at run time. They stand before the ones in the program.
CREATE TABLE models (
    model      TEXT PRIMARY KEY,
    document   TEXT NOT NULL CHECK (json_valid(document)),
    updated_at TEXT NOT NULL CHECK (updated_at IS strftime('%Y-%m-%d %H:%M:%f', updated_at, '+0 days'))
) STRICT, WITHOUT ROWID;

-- INSERT INTO jobs(model, input) is an enqueue, from any language. It may also set priority, label, key, not_before,
-- validation, and state to queued or held. All else is jobd's to write.
CREATE TRIGGER jobs_insert_guard BEFORE INSERT ON jobs
BEGIN
    SELECT RAISE(ABORT, 'a new job is queued or held') WHERE NEW.state NOT IN ('queued', 'held');
    SELECT RAISE(ABORT, 'a new job may set only model, input, priority, label, key, not_before, validation and state')
    WHERE NEW.id IS NOT -1 -- SQLite's word for "to be chosen"
        OR NEW.request_id IS NOT NULL OR NEW.remote_status IS NOT NULL OR NEW.queue_position IS NOT NULL
        OR NEW.submissions <> 0 OR NEW.cancel_requested_at IS NOT NULL OR NEW.error_kind IS NOT NULL
        OR NEW.error_message IS NOT NULL OR NEW.price_usd IS NOT NULL OR NEW.cost_usd IS NOT NULL
        OR NEW.created_at IS NOT strftime('%Y-%m-%d %H:%M:%f', 'now') OR NEW.submitted_at IS NOT NULL
        OR NEW.started_at IS NOT NULL OR NEW.finished_at IS NOT NULL OR NEW.ended_at IS NOT NULL
        OR NEW.next_try_at IS NOT NULL OR NEW.followed_since IS NOT NULL OR NEW.input_removed_at IS NOT NULL;
    -- Said here and not only by the index: INSERT OR REPLACE would delete the job that has the key.
    SELECT RAISE(ABORT, 'another job that is not failed or cancelled has this key')
    FROM jobs WHERE key = NEW.key AND key IS NOT NULL AND state NOT IN ('failed', 'cancelled');
END;

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs
BEGIN
    INSERT INTO events (job_id, at, kind) VALUES (NEW.id, NEW.created_at, 'enqueued');
END;

CREATE TRIGGER jobs_inserted_for_later AFTER INSERT ON jobs WHEN NEW.not_before IS NOT NULL
BEGIN
    UPDATE jobs SET next_try_at = NEW.not_before WHERE id = NEW.id;
END;

-- UPDATE OR REPLACE would delete the job that has the key, the request or the id, without a word.
CREATE TRIGGER jobs_key_guard BEFORE UPDATE OF key, state ON jobs
WHEN NEW.key IS NOT NULL AND NEW.state NOT IN ('failed', 'cancelled')
    AND (NEW.key IS NOT OLD.key OR OLD.state IN ('failed', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'another job that is not failed or cancelled has this key')
    FROM jobs WHERE key = NEW.key AND key IS NOT NULL AND state NOT IN ('failed', 'cancelled') AND id <> OLD.id;
END;

CREATE TRIGGER jobs_request_guard BEFORE UPDATE OF request_id ON jobs WHEN NEW.request_id IS NOT OLD.request_id
BEGIN
    SELECT RAISE(ABORT, 'another job has this request')
    FROM jobs WHERE request_id = NEW.request_id AND request_id IS NOT NULL AND id <> OLD.id;
END;

-- Of any column: the id has other names too, such as rowid.
CREATE TRIGGER jobs_id_guard BEFORE UPDATE ON jobs WHEN NEW.id IS NOT OLD.id
BEGIN
    SELECT RAISE(ABORT, 'a job keeps its id');
END;

CREATE TRIGGER jobs_delete_guard BEFORE DELETE ON jobs WHEN OLD.ended_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'a job that has not ended cannot be deleted');
END;

-- An id of another's choice could take the place of what stands there, or leave no higher one.
CREATE TRIGGER events_insert_guard BEFORE INSERT ON events WHEN NEW.id IS NOT -1
BEGIN
    SELECT RAISE(ABORT, 'the id of an event is not to be chosen');
END;

CREATE TRIGGER events_update_guard BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER events_delete_guard BEFORE DELETE ON events WHEN EXISTS (SELECT 1 FROM jobs WHERE id = OLD.job_id)
BEGIN
    SELECT RAISE(ABORT, 'events go only with their job');
END;

-- For people with sqlite3. All durations are seconds, all sums are of files that are on disk.
CREATE VIEW history AS
SELECT
    j.id, j.state, j.model, j.label,
    coalesce(json_extract(j.input, '$.prompt'), json_extract(j.input, '$.text')) AS prompt,
    j.created_at,
    round((julianday(j.submitted_at) - julianday(j.created_at)) * 86400, 3) AS waited_s,
    round((julianday(j.started_at) - julianday(j.submitted_at)) * 86400, 3) AS queued_s,
    round((julianday(j.finished_at) - julianday(j.started_at)) * 86400, 3) AS ran_s,
    round((julianday(j.ended_at) - julianday(j.finished_at)) * 86400, 3) AS fetched_s,
    (SELECT count(*) FROM outputs WHERE job_id = j.id AND state = 'done' AND removed_at IS NULL) AS files,
    (SELECT coalesce(sum(bytes), 0) FROM outputs WHERE job_id = j.id AND state = 'done' AND removed_at IS NULL) AS bytes,
    j.cost_usd
FROM jobs AS j;

CREATE VIEW files AS
SELECT
    o.job_id, o.position, o.path, o.kind, o.bytes, o.width, o.height, o.duration_s,
    coalesce(json_extract(j.input, '$.prompt'), json_extract(j.input, '$.text')) AS prompt,
    j.model, j.label, j.created_at
FROM outputs AS o JOIN jobs AS j ON j.id = o.job_id
WHERE o.state = 'done' AND o.removed_at IS NULL;

CREATE VIEW spending AS
SELECT
    substr(at, 1, 10) AS day, model, count(DISTINCT job_id) AS jobs,
    round(sum(estimated_usd), 6) AS estimated_usd, round(sum(reported_usd), 6) AS reported_usd
FROM charges
GROUP BY day, model;
