-- The store of jobd for several machines: the schema of number 12, as migrations/0001 to 0012 make it for
-- SQLite, for PostgreSQL 15. The rules, their reasons and their words are there; here is what differs. It is
-- run once, in one transaction, in the schema that comes first in search_path. Texts are compared by their
-- bytes (COLLATE "C"), as SQLite does, and no text holds a NUL: PostgreSQL refuses it. A statement reads and
-- prepares every CHECK of its table anew. So there are few, and long ones are functions in PL/pgSQL, which a
-- session prepares once; one in SQL would be inlined each time.

-- What SQLite has and PostgreSQL has not, so that statements and views are the same.

-- GLOB, as a regular expression. What SQLite's never matches, such as an open bracket, becomes one that never
-- does. (It is dear, so that a plan is preferred in which the pattern is known and this is done once, not for
-- each row.)
CREATE FUNCTION glob_expression(pattern text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
DECLARE
    never CONSTANT text := '$.';
    -- Some characters mean something to a regular expression; a backslash makes any other than letters and digits plain.
    plain CONSTANT text := '[A-Za-z0-9_\u0080-\U0010FFFF]';
    expression text := '^';
    place integer := 1;
    sign text;
    before text;
    members text;
BEGIN
    WHILE place <= length(pattern) LOOP
        sign := substr(pattern, place, 1);
        place := place + 1;
        IF sign = '*' THEN
            expression := expression || '.*';
        ELSIF sign = '?' THEN
            expression := expression || '.';
        ELSIF sign = '[' THEN
            members := '';
            IF substr(pattern, place, 1) = '^' THEN
                members := '^';
                place := place + 1;
            END IF;
            before := NULL;
            IF substr(pattern, place, 1) = ']' THEN
                members := members || '\]';
                place := place + 1;
            END IF;
            LOOP
                IF place > length(pattern) THEN RETURN never; END IF;
                sign := substr(pattern, place, 1);
                place := place + 1;
                EXIT WHEN sign = ']';
                IF sign = '-' AND before IS NOT NULL AND place <= length(pattern)
                    AND substr(pattern, place, 1) <> ']'
                THEN
                    sign := substr(pattern, place, 1);
                    place := place + 1;
                    IF ascii(before) <= ascii(sign) THEN
                        members := members || CASE WHEN before ~ plain THEN '' ELSE '\' END || before
                            || '-' || CASE WHEN sign ~ plain THEN '' ELSE '\' END || sign;
                    END IF;
                    before := NULL;
                ELSE
                    members := members || CASE WHEN sign ~ plain THEN '' ELSE '\' END || sign;
                    before := sign;
                END IF;
            END LOOP;
            expression := expression || '[' || members || ']';
        ELSE
            expression := expression || CASE WHEN sign ~ plain THEN '' ELSE '\' END || sign;
        END IF;
    END LOOP;
    RETURN expression || '$';
END;
$$;

CREATE FUNCTION glob(pattern text, value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN value COLLATE "C" ~ glob_expression(pattern);

CREATE FUNCTION instr(text, text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(strpos($1, $2) AS bigint);

CREATE FUNCTION iif(boolean, anycompatible, anycompatible) RETURNS anycompatible
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';

CREATE FUNCTION min(text, text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN $2 COLLATE "C" < $1 COLLATE "C" THEN $2 ELSE $1 END;

CREATE FUNCTION max(text, text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN $2 COLLATE "C" > $1 COLLATE "C" THEN $2 ELSE $1 END;

CREATE FUNCTION min(bigint, bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN $2 < $1 THEN $2 ELSE $1 END;

CREATE FUNCTION max(bigint, bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN $2 > $1 THEN $2 ELSE $1 END;

CREATE AGGREGATE total(double precision) (
    SFUNC = float8pl, STYPE = double precision, INITCOND = '0', COMBINEFUNC = float8pl, PARALLEL = SAFE
);

-- Halves are rounded away from zero. (PostgreSQL's own round() of a double goes to the even number.)
CREATE FUNCTION round(double precision, integer) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(pg_catalog.round(CAST($1 AS numeric), $2) AS double precision);

-- As SQLite reckons it, in whole milliseconds. Null for what is not a time as this schema writes it.
CREATE FUNCTION julianday(value text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    years integer;
    months integer;
    century integer;
    days double precision;
BEGIN
    IF value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}$' THEN RETURN NULL; END IF;
    years := CAST(substr(value, 1, 4) AS integer);
    months := CAST(substr(value, 6, 2) AS integer);
    IF months <= 2 THEN
        years := years - 1;
        months := months + 12;
    END IF;
    century := years / 100;
    days := 36525 * (years + 4716) / 100 + 306001 * (months + 1) / 10000 + CAST(substr(value, 9, 2) AS integer)
        + 2 - century + century / 4 - 1524.5;
    RETURN (days * 86400000 + CAST(substr(value, 12, 2) AS integer) * 3600000
        + CAST(substr(value, 15, 2) AS integer) * 60000 + CAST(substr(value, 18, 2) AS integer) * 1000
        + CAST(substr(value, 21, 3) AS integer)) / 86400000.0;
END;
$$;

-- Whether texts are times as this schema writes them, of days that there are; nulls are none.
CREATE FUNCTION are_times(VARIADIC times text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    moment text;
BEGIN
    FOREACH moment IN ARRAY times LOOP
        IF moment !~ ('^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)'
            '|02-(0[1-9]|1[0-9]|2[0-8]))'
            '|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)'
            ' ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{3}$')
        THEN
            RETURN FALSE;
        END IF;
    END LOOP;
    RETURN TRUE;
END;
$$;

-- The present time as text.
CREATE FUNCTION present() RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS');

-- What type of JSON a text is; null if it is none. (Not PARALLEL SAFE: to catch an error takes a
-- subtransaction.)
CREATE FUNCTION json_kind(document text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN json_typeof(CAST(document AS json));
EXCEPTION WHEN invalid_text_representation OR statement_too_complex THEN
    RETURN NULL;
END;
$$;

CREATE FUNCTION json_valid(document text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT
RETURN json_kind(document) IS NOT NULL;

-- The document with a replacement character in the place of what JSON can write and no text of PostgreSQL can
-- hold: a NUL, and halves of surrogate pairs. Without it, one such character would make every value
-- unreadable. (Escaped backslashes are put away first, as a character that no JSON holds.)
CREATE FUNCTION json_readable(document text) RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CASE WHEN strpos(document, '\u') = 0 THEN document ELSE
    replace(regexp_replace(replace(document, '\\', chr(1)),
        '\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])'
        || '|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), chr(1), '\\')
    END AS json);

-- $.a.b[0] as PostgreSQL has it.
CREATE FUNCTION json_steps(path text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(coalesce(found[1], found[2], found[3])), '{}')
    FROM regexp_matches(path, '[.]"([^"]*)"|[.]([^.[]*)|\[([0-9]+)\]', 'g') AS found);

-- As text, whatever it is.
CREATE FUNCTION json_extract(document text, path text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN json_readable(document) #>> json_steps(path);

-- The type in SQLite's words.
CREATE FUNCTION json_word(value json) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE json_typeof(value)
        WHEN 'string' THEN 'text'
        WHEN 'boolean' THEN trim(CAST(value AS text), E' \t\r\n')
        WHEN 'number' THEN CASE WHEN CAST(value AS text) ~ '[.eE]' THEN 'real' ELSE 'integer' END
        ELSE json_typeof(value) END;
END;
$$;

CREATE FUNCTION json_type(document text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN json_word(CAST(document AS json));

CREATE FUNCTION json_type(document text, path text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN json_word(json_readable(document) #> json_steps(path));

-- The items of an array.
CREATE FUNCTION json_each(document text) RETURNS TABLE (value text)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT json_array_elements_text(json_readable(document));
END;

-- The texts in a document that are written with job: at their beginning, and where they are. A key stands in
-- fullkey as it is written. For that, each escape is escaped once more: then what is read is what is written.
CREATE FUNCTION json_references(document text) RETURNS TABLE (fullkey text, value text)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE node (path, content) AS (
        SELECT '$', CAST(replace(replace(replace(replace(replace(document, '\\', chr(1)), '\"', chr(2)), '\', '\\'),
            chr(1), '\\\\'), chr(2), '\\\"') AS json)
        UNION ALL
        SELECT node.path || child.step, child.content FROM node CROSS JOIN LATERAL (
            SELECT '.' || replace(key, '"', '') AS step, member.value AS content
            FROM pg_catalog.json_each(CASE WHEN json_typeof(node.content) = 'object' THEN node.content END) AS member
            UNION ALL
            SELECT '[' || (item.place - 1) || ']', item.content
            FROM json_array_elements(CASE WHEN json_typeof(node.content) = 'array' THEN node.content END)
                WITH ORDINALITY AS item (content, place)
        ) AS child
    )
    SELECT text.path, json_readable('"' || text.written || '"') #>> '{}' FROM (
        SELECT node.path, node.content #>> '{}' AS written FROM node
        WHERE json_typeof(node.content) = 'string' AND starts_with(CAST(node.content AS text), '"job:')
    ) AS text;
END;

-- The tables. Columns stand in the order of SQLite's; those that only this store has stand last. Ids come
-- from triggers, which take the store's lock first: they are given in the order of the commits.

CREATE SEQUENCE jobs_id_seq;
CREATE SEQUENCE events_id_seq;
CREATE SEQUENCE charges_id_seq;

CREATE FUNCTION has_words_of_job(
    state text, validation text, error_kind text, request_id text, submissions bigint, waits_for bigint,
    price_usd double precision, cost_usd double precision
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN
        state IN ('held', 'queued', 'submitting', 'uncertain', 'in_queue', 'in_progress', 'downloading',
            'completed', 'failed', 'cancelled')
        AND validation IN ('pending', 'passed', 'waived')
        AND (error_kind IS NULL OR error_kind IN ('input', 'remote', 'lost', 'output', 'download', 'deadline'))
        AND (request_id IS NULL OR request_id ~ '^[-A-Za-z0-9_]{1,128}$')
        AND submissions >= 0 AND waits_for >= 0
        -- NaN, which SQLite does not store, is greater than any number here.
        AND (price_usd IS NULL OR (price_usd >= 0 AND price_usd <> 'NaN'))
        AND (cost_usd IS NULL OR cost_usd <> 'NaN');
END;
$$;

CREATE FUNCTION is_job_whole(
    state text, error_kind text, error_message text, request_id text, submissions bigint, submitted_at text,
    followed_since text, ended_at text, input_removed_at text, origin text, owner bigint
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN
        CASE
            WHEN state = 'cancelled' THEN TRUE
            WHEN state IN ('held', 'queued', 'submitting', 'uncertain') OR coalesce(error_kind = 'input', FALSE)
            THEN request_id IS NULL
            ELSE request_id IS NOT NULL END
        AND (request_id IS NULL) = (followed_since IS NULL)
        AND (input_removed_at IS NULL OR state NOT IN ('held', 'queued', 'submitting'))
        AND (request_id IS NULL OR submissions > 0 OR input_removed_at IS NOT NULL)
        AND (state <> 'uncertain' OR submissions > 0)
        AND (ended_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled'))
        AND (error_kind IS NOT NULL) = (state = 'failed')
        AND (error_kind IS NULL OR error_message IS NOT NULL)
        AND CASE
            WHEN state IN ('held', 'queued') THEN submitted_at IS NULL
            WHEN state IN ('failed', 'cancelled') THEN TRUE
            ELSE submitted_at IS NOT NULL END
        AND (origin IS NULL OR (request_id IS NOT NULL AND length(origin) BETWEEN 1 AND 512))
        AND (owner IS NULL OR state IN ('submitting', 'in_queue', 'in_progress', 'downloading'));
END;
$$;

CREATE TABLE jobs (
    id                  bigint PRIMARY KEY CHECK (id > 0),
    state               text COLLATE "C" NOT NULL DEFAULT 'queued',
    model               text COLLATE "C" NOT NULL
                            CONSTRAINT "model is 1 to 256 plain characters"
                            CHECK (model ~ '^[!-~]+$' AND length(model) <= 256),
    input               text COLLATE "C" NOT NULL,     -- see the trigger jobs_input_check
    priority            bigint NOT NULL DEFAULT 0,
    label               text COLLATE "C",
    key                 text COLLATE "C" CONSTRAINT "key is not empty" CHECK (key <> ''),
    not_before          text COLLATE "C",
    validation          text COLLATE "C" NOT NULL DEFAULT 'pending',
    request_id          text COLLATE "C",
    remote_status       text COLLATE "C",
    queue_position      bigint,
    submissions         bigint NOT NULL DEFAULT 0,
    cancel_requested_at text COLLATE "C",
    error_kind          text COLLATE "C",
    error_message       text COLLATE "C",
    price_usd           double precision,
    cost_usd            double precision,
    created_at          text COLLATE "C" NOT NULL,     -- set by a trigger
    submitted_at        text COLLATE "C",
    started_at          text COLLATE "C",
    finished_at         text COLLATE "C",
    ended_at            text COLLATE "C",
    next_try_at         text COLLATE "C",
    followed_since      text COLLATE "C",
    input_removed_at    text COLLATE "C",
    origin              text COLLATE "C",
    waits_for           bigint NOT NULL DEFAULT 0,
    owner               bigint,                        -- the jobd that follows the job: see daemons

    CONSTRAINT "words and numbers of a job" CHECK (
        has_words_of_job(
            state, validation, error_kind, request_id, submissions, waits_for, price_usd, cost_usd)),
    CONSTRAINT "times are written like 2026-01-31 18:00:00.000" CHECK (
        are_times(not_before, cancel_requested_at, created_at, submitted_at, started_at, finished_at, ended_at,
            next_try_at, followed_since, input_removed_at)),
    CONSTRAINT "what a job has in its state" CHECK (
        is_job_whole(
            state, error_kind, error_message, request_id, submissions, submitted_at, followed_since, ended_at,
            input_removed_at, origin, owner))
);

CREATE UNIQUE INDEX jobs_key ON jobs (key) WHERE key IS NOT NULL AND state NOT IN ('failed', 'cancelled');
CREATE UNIQUE INDEX jobs_request ON jobs (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX jobs_ready ON jobs (model, priority DESC, id, label)
WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0;
CREATE INDEX jobs_waiting ON jobs (next_try_at) WHERE state = 'queued' AND next_try_at IS NOT NULL;
CREATE INDEX jobs_retry ON jobs (next_try_at)
WHERE state = 'queued' AND next_try_at IS NOT NULL AND next_try_at IS DISTINCT FROM not_before;
CREATE INDEX jobs_state ON jobs (state, id) WHERE state <> 'completed';
CREATE INDEX jobs_ended ON jobs (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_label ON jobs (label, id) WHERE label IS NOT NULL;
CREATE INDEX jobs_model ON jobs (model);
CREATE INDEX jobs_cancel ON jobs (id) WHERE cancel_requested_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX jobs_waits_for ON jobs (id) WHERE waits_for > 0 AND ended_at IS NULL;
CREATE INDEX jobs_owner ON jobs (owner) WHERE owner IS NOT NULL;

CREATE FUNCTION has_words_of_output(
    "position" bigint, kind text, state text, bytes bigint, width bigint, height bigint,
    duration_s double precision, attempts bigint, fetched bigint, sha256 text, object text
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN
        position >= 1 AND kind IN ('image', 'video', 'audio', 'file') AND state IN ('pending', 'done', 'failed')
        AND coalesce(bytes, 0) >= 0 AND coalesce(width, 1) > 0 AND coalesce(height, 1) > 0
        AND attempts >= 0 AND fetched >= 0
        AND (duration_s IS NULL OR (duration_s >= 0 AND duration_s <> 'NaN'))
        AND (sha256 IS NULL OR sha256 ~ '^[0-9a-f]{64}$') AND (object IS NULL OR object ~ '^s3://.+/.+$');
END;
$$;

CREATE FUNCTION is_output_whole(
    state text, downloaded_at text, path text, bytes bigint, sha256 text, media_type text, removed_at text,
    local text, object text
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN
        (state = 'done') = (downloaded_at IS NOT NULL)
        AND (state <> 'done'
            OR (path IS NOT NULL AND bytes IS NOT NULL AND sha256 IS NOT NULL AND media_type IS NOT NULL))
        AND (removed_at IS NULL OR state = 'done')
        AND (local IS NULL OR (object IS NOT NULL AND local IN ('leaving', 'gone')));
END;
$$;

CREATE TABLE outputs (
    job_id        bigint NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    position      bigint NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    url           text COLLATE "C" NOT NULL,
    path          text COLLATE "C",
    bytes         bigint,
    sha256        text COLLATE "C",
    media_type    text COLLATE "C",
    width         bigint,
    height        bigint,
    duration_s    double precision,
    state         text COLLATE "C" NOT NULL DEFAULT 'pending',
    downloaded_at text COLLATE "C",
    attempts      bigint NOT NULL DEFAULT 0,
    fetched       bigint NOT NULL DEFAULT 0,
    removed_at    text COLLATE "C",
    picked_at     text COLLATE "C",
    object        text COLLATE "C",
    local         text COLLATE "C",
    host          text COLLATE "C",                    -- the machine that has the file
    PRIMARY KEY (job_id, position),
    CONSTRAINT "words and numbers of an output" CHECK (
        has_words_of_output(
            position, kind, state, bytes, width, height, duration_s, attempts, fetched, sha256, object)),
    CONSTRAINT "times are written like 2026-01-31 18:00:00.000" CHECK (
        are_times(downloaded_at, removed_at, picked_at)),
    CONSTRAINT "what an output has in its state" CHECK (
        is_output_whole(state, downloaded_at, path, bytes, sha256, media_type, removed_at, local, object))
);

-- An index here holds no text of more than 2,700 bytes, and an address may be longer.
CREATE UNIQUE INDEX outputs_url ON outputs (job_id, md5(url));
CREATE INDEX outputs_path ON outputs (path) WHERE path IS NOT NULL;
CREATE INDEX outputs_picked ON outputs (job_id) WHERE picked_at IS NOT NULL;
CREATE INDEX outputs_leaving ON outputs (local, job_id, position) WHERE local = 'leaving';

CREATE FUNCTION is_event_kind(kind text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN kind IN (
        'status', 'enqueued', 'submitting', 'accepted', 'output', 'ended', 'held', 'released', 'changed',
        'refused', 'uncertain', 'resolved', 'fault', 'cancel_requested', 'retried');
END;
$$;

CREATE TABLE events (
    id     bigint PRIMARY KEY,
    job_id bigint REFERENCES jobs (id) ON DELETE CASCADE,
    at     text COLLATE "C" NOT NULL DEFAULT present() CHECK (are_times(at)),
    kind   text COLLATE "C" NOT NULL CHECK (is_event_kind(kind)),
    detail text COLLATE "C" NOT NULL DEFAULT '{}'
               -- Without json_kind, whose subtransaction takes half of an insert's time.
               CHECK (detail = '{}' OR CAST(detail AS json) IS NOT NULL)
);

CREATE INDEX events_job ON events (job_id, id);

CREATE TABLE charges (
    id            bigint PRIMARY KEY,
    job_id        bigint NOT NULL,
    submission    bigint NOT NULL,
    at            text COLLATE "C" NOT NULL CHECK (are_times(at)),
    model         text COLLATE "C" NOT NULL,
    estimated_usd double precision CHECK (estimated_usd <> 'NaN'),
    reported_usd  double precision CHECK (reported_usd <> 'NaN'),
    label         text COLLATE "C",
    -- Rounded as SQLite does: halves away from zero.
    nanos         double precision NOT NULL GENERATED ALWAYS AS (
                      CASE WHEN abs(coalesce(reported_usd, estimated_usd, 0)) > 4503599 THEN
                          1e9 * least(greatest(coalesce(reported_usd, estimated_usd, 0), -1e9), 1e9)
                      ELSE
                          trunc(1e9 * coalesce(reported_usd, estimated_usd, 0)
                              + 0.5 * sign(coalesce(reported_usd, estimated_usd, 0)))
                      END) STORED,
    UNIQUE (job_id, submission)
);

CREATE INDEX charges_at ON charges (at);

CREATE TABLE pauses (
    reason text COLLATE "C" PRIMARY KEY CHECK (reason IN ('hand', 'token', 'balance', 'outage', 'budget')),
    detail text COLLATE "C" NOT NULL,
    since  text COLLATE "C" NOT NULL DEFAULT present() CHECK (are_times(since))
);

CREATE TABLE marks (
    name     text COLLATE "C" PRIMARY KEY,
    event_id bigint NOT NULL
);

CREATE TABLE models (
    model      text COLLATE "C" PRIMARY KEY,
    document   text COLLATE "C" NOT NULL CHECK (coalesce(json_kind(document) <> '', FALSE)),
    updated_at text COLLATE "C" NOT NULL CHECK (are_times(updated_at))
);

CREATE TABLE daemon_settings (
    name  text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

CREATE TABLE left_files (
    path   text COLLATE "C" PRIMARY KEY,
    job_id bigint NOT NULL,
    bytes  bigint NOT NULL,
    sha256 text COLLATE "C" NOT NULL
);

CREATE INDEX left_files_job ON left_files (job_id);

CREATE TABLE links (
    job_id      bigint NOT NULL,
    path        text COLLATE "C" NOT NULL,
    source_id   bigint NOT NULL,
    output      text COLLATE "C" NOT NULL CHECK (output IN ('all', 'pick') OR output ~ '^[1-9][0-9]{0,8}$'),
    resolved_at text COLLATE "C" CHECK (are_times(resolved_at)),
    sent        text COLLATE "C" CHECK (sent IS NULL OR coalesce(json_kind(sent) <> '', FALSE)),
    PRIMARY KEY (job_id, path),
    CHECK (source_id < job_id)
);

CREATE INDEX links_lineage ON links (source_id, job_id);

CREATE TABLE input_files (
    job_id   bigint NOT NULL,
    path     text COLLATE "C" NOT NULL,
    name     text COLLATE "C" NOT NULL,
    original text COLLATE "C",
    PRIMARY KEY (job_id, path)
);

CREATE INDEX input_files_name ON input_files (name, job_id);

CREATE TABLE charge_sums (
    day   text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL,
    nanos double precision NOT NULL,
    PRIMARY KEY (day, label)
);

CREATE TABLE removed_objects (
    object text COLLATE "C" PRIMARY KEY CHECK (object ~ '^s3://.+/.+$')
);

CREATE TABLE changed_picks (
    job_id  bigint PRIMARY KEY,
    changes bigint NOT NULL
);

-- The jobds, each with its lease. An id is never used again: a jobd that starts anew is another one.
CREATE TABLE daemons (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host        text COLLATE "C" NOT NULL,
    state_dir   text COLLATE "C" NOT NULL,
    since       text COLLATE "C" NOT NULL DEFAULT present() CHECK (are_times(since)),
    lease_until timestamptz NOT NULL,                  -- by the server's clock
    beat        bigint NOT NULL DEFAULT 0,             -- counts its commits
    settings    text COLLATE "C" NOT NULL DEFAULT '{}', -- what explain has to know
    ended_at    text COLLATE "C" CHECK (are_times(ended_at)), -- it has stopped, or its jobs were taken over
    post_limit_s double precision NOT NULL DEFAULT 70  -- how long a POST of it may be on the wire
);

ALTER SEQUENCE jobs_id_seq OWNED BY jobs.id;
ALTER SEQUENCE events_id_seq OWNED BY events.id;
ALTER SEQUENCE charges_id_seq OWNED BY charges.id;

-- The last ids that were given, under the name that they have in SQLite.
CREATE VIEW sqlite_sequence AS
SELECT 'jobs' AS name, coalesce(pg_sequence_last_value('jobs_id_seq'), 0) AS seq
UNION ALL SELECT 'events', coalesce(pg_sequence_last_value('events_id_seq'), 0)
UNION ALL SELECT 'charges', coalesce(pg_sequence_last_value('charges_id_seq'), 0);

-- The views.

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
    (SELECT CAST(coalesce(sum(bytes), 0) AS bigint)
        FROM outputs WHERE job_id = j.id AND state = 'done' AND removed_at IS NULL) AS bytes,
    j.cost_usd
FROM jobs AS j;

CREATE VIEW files AS
SELECT
    o.job_id, o.position, iif(o.local IS NULL, o.path, NULL) AS path, o.kind, o.bytes, o.width, o.height,
    o.duration_s,
    coalesce(json_extract(j.input, '$.prompt'), json_extract(j.input, '$.text')) AS prompt,
    j.model, j.label, j.created_at, o.object
FROM outputs AS o JOIN jobs AS j ON j.id = o.job_id
WHERE o.state = 'done' AND o.removed_at IS NULL;

CREATE VIEW spending AS
SELECT
    substr(at, 1, 10) AS day, model, count(DISTINCT job_id) AS jobs,
    round(sum(estimated_usd), 6) AS estimated_usd, round(sum(reported_usd), 6) AS reported_usd
FROM charges
GROUP BY 1, model;

CREATE VIEW missing_sources AS
SELECT l.job_id, l.path, l.source_id, l.output
FROM links AS l LEFT JOIN jobs AS s ON s.id = l.source_id
WHERE l.resolved_at IS NULL AND NOT coalesce(
    s.state = 'completed' AND CASE l.output
        WHEN 'all' THEN TRUE
        WHEN 'pick' THEN (
            SELECT count(*) BETWEEN 1 AND CASE WHEN l.path ~ '\]$' THEN 10000 ELSE 1 END
            FROM outputs WHERE job_id = l.source_id AND picked_at IS NOT NULL)
        ELSE EXISTS (SELECT 1 FROM outputs WHERE job_id = l.source_id AND position = CAST(l.output AS bigint))
        END, FALSE);

CREATE VIEW written_references AS
SELECT
    j.id AS job_id, t.fullkey AS path,
    CASE WHEN strpos(t.value, '/') > 0 THEN substr(t.value, 5, strpos(t.value, '/') - 5)
        ELSE substr(t.value, 5) END AS source,
    CASE WHEN strpos(t.value, '/') > 0 THEN substr(t.value, strpos(t.value, '/') + 1) ELSE '1' END AS output
FROM jobs AS j CROSS JOIN LATERAL json_references(j.input) AS t
WHERE t.value ~ '^job:[0-9]' AND t.value !~ '[\u0001- ]';

CREATE VIEW needed_sources AS
SELECT links.source_id AS id, links.job_id
FROM links JOIN jobs AS j ON j.id = links.job_id
WHERE j.ended_at IS NULL AND j.request_id IS NULL;

CREATE VIEW charge_ledger AS
WITH one (day, label, nanos) AS (
    SELECT substr(at, 1, 10), coalesce(label, ''), total(nanos) FROM charges GROUP BY 1, 2)
SELECT day, label, nanos FROM one WHERE label <> ''
UNION ALL SELECT '', label, total(nanos) FROM one WHERE label <> '' GROUP BY label
UNION ALL SELECT day, '', total(nanos) FROM one GROUP BY day
UNION ALL SELECT '', '', total(nanos) FROM one HAVING count(*) > 0;

CREATE VIEW charge_changes AS SELECT day, label, nanos FROM charge_sums;

-- Who writes, and when.

-- One writer at a time, as in SQLite: jobd and jobctl take this lock first in each transaction that writes;
-- for others it is taken here. So what a trigger counts or compares cannot be changed by another before it is
-- committed.
CREATE FUNCTION take_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('jobd ' || TG_TABLE_SCHEMA, 0));
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_lock BEFORE INSERT OR UPDATE OR DELETE ON jobs EXECUTE FUNCTION take_lock();
CREATE TRIGGER outputs_lock BEFORE INSERT OR UPDATE OR DELETE ON outputs EXECUTE FUNCTION take_lock();

-- The owner may fill the store from another one: then rows come as they are, with their ids, and nothing is
-- added.
CREATE FUNCTION is_moving(store oid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(current_setting('jobd.moving', TRUE) = 'on', FALSE)
        AND pg_has_role((SELECT relowner FROM pg_catalog.pg_class WHERE oid = store), 'USAGE');
END;
$$;

-- Says no, in the words that the trigger has.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'JD001';
END;
$$;

-- Says no as a CHECK of that name would. PostgreSQL makes every CHECK for every UPDATE, whatever it changes,
-- and an input may have megabytes: so these are made only when the text is written.
CREATE FUNCTION violate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END;
$$;

CREATE TRIGGER jobs_input_check BEFORE INSERT OR UPDATE OF input ON jobs FOR EACH ROW
WHEN (NEW.input IS NOT NULL AND json_kind(NEW.input) IS DISTINCT FROM 'object')
EXECUTE FUNCTION violate('input is a JSON object');

CREATE TRIGGER daemons_settings_check BEFORE INSERT OR UPDATE OF settings ON daemons FOR EACH ROW
WHEN (NEW.settings IS NOT NULL AND json_kind(NEW.settings) IS NULL)
EXECUTE FUNCTION violate('settings is JSON');

-- A new job. Its id and its time are given here, so that a null is the only one that may come.
CREATE FUNCTION jobs_insert_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF octet_length(NEW.input) > 16777216 THEN
        RAISE EXCEPTION 'an input holds at most 16 MiB' USING ERRCODE = 'JD001';
    END IF;
    IF NEW.state NOT IN ('queued', 'held') THEN
        RAISE EXCEPTION 'a new job is queued or held' USING ERRCODE = 'JD001';
    END IF;
    IF num_nonnulls(NEW.id, NEW.request_id, NEW.remote_status, NEW.queue_position, NEW.cancel_requested_at,
            NEW.error_kind, NEW.error_message, NEW.price_usd, NEW.cost_usd, NEW.created_at, NEW.submitted_at,
            NEW.started_at, NEW.finished_at, NEW.ended_at, NEW.next_try_at, NEW.followed_since,
            NEW.input_removed_at, NEW.origin, NEW.owner) > 0
        OR NEW.submissions <> 0 OR NEW.waits_for <> 0
    THEN
        RAISE EXCEPTION
            'a new job may set only model, input, priority, label, key, not_before, validation and state'
            USING ERRCODE = 'JD001';
    END IF;
    NEW.id := nextval(CAST(quote_ident(TG_TABLE_SCHEMA) || '.jobs_id_seq' AS regclass));
    NEW.created_at := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS');
    NEW.next_try_at := NEW.not_before;
    RETURN NEW;
END;
$$;

CREATE TRIGGER jobs_insert_guard BEFORE INSERT ON jobs FOR EACH ROW WHEN (NOT is_moving('jobs'::regclass))
EXECUTE FUNCTION jobs_insert_guard();

CREATE FUNCTION jobs_inserted() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO events (job_id, at, kind) VALUES (NEW.id, NEW.created_at, 'enqueued');
    IF strpos(NEW.input, '"job:') > 0 THEN PERFORM link_references(NEW.id); END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs FOR EACH ROW WHEN (NOT is_moving('jobs'::regclass))
EXECUTE FUNCTION jobs_inserted();

-- Wakes the jobds. Only an enqueue does: a notification makes commits wait for each other.
CREATE FUNCTION jobs_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('jobd', '');
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_announce AFTER INSERT ON jobs EXECUTE FUNCTION jobs_announce();

CREATE TRIGGER jobs_id_guard BEFORE UPDATE OF id ON jobs FOR EACH ROW WHEN (NEW.id IS DISTINCT FROM OLD.id)
EXECUTE FUNCTION refuse('a job keeps its id');

CREATE TRIGGER jobs_input_size BEFORE UPDATE OF input ON jobs FOR EACH ROW
WHEN (octet_length(NEW.input) > 16777216 AND NEW.input <> OLD.input)
EXECUTE FUNCTION refuse('an input holds at most 16 MiB');

CREATE TRIGGER jobs_not_before_words BEFORE INSERT OR UPDATE OF not_before ON jobs FOR EACH ROW
WHEN (NOT are_times(NEW.not_before))
EXECUTE FUNCTION refuse(
    'not_before is a time in UTC, written like 2026-01-31 18:00:00.000; use to_char(timestamptz ''2026-01-31 18:00'' AT TIME ZONE ''UTC'', ''YYYY-MM-DD HH24:MI:SS.MS'')');

CREATE TRIGGER jobs_validation_words BEFORE INSERT OR UPDATE OF validation ON jobs FOR EACH ROW
WHEN (NEW.validation NOT IN ('pending', 'passed', 'waived'))
EXECUTE FUNCTION refuse('validation is pending, passed or waived');

-- Who follows the job: the jobd that writes its state. Another program that writes it takes it from no one.
CREATE FUNCTION jobs_owner() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    me CONSTANT bigint := nullif(current_setting('jobd.daemon', TRUE), '');
BEGIN
    -- A jobd whose lease has ended may still believe that the job is its own.
    IF me <> OLD.owner THEN
        RAISE EXCEPTION 'another jobd follows the job' USING ERRCODE = 'JD002';
    END IF;
    IF NEW.state IN ('submitting', 'in_queue', 'in_progress', 'downloading') THEN
        NEW.owner := coalesce(me, OLD.owner);
    ELSE
        NEW.owner := NULL;
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER jobs_owner BEFORE UPDATE OF state ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_owner();

CREATE FUNCTION jobs_references_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF strpos(NEW.input, '"job:') > 0 OR EXISTS (SELECT 1 FROM links WHERE job_id = OLD.id) THEN
        RAISE EXCEPTION 'an input with references is never changed: cancel the job and enqueue another'
            USING ERRCODE = 'JD001';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER jobs_references_guard BEFORE UPDATE OF input ON jobs FOR EACH ROW
WHEN (NEW.input <> OLD.input AND NEW.input_removed_at IS NULL)
EXECUTE FUNCTION jobs_references_guard();

CREATE TRIGGER jobs_request_guard BEFORE UPDATE OF request_id ON jobs FOR EACH ROW
WHEN (NEW.request_id IS DISTINCT FROM OLD.request_id AND NEW.request_id IS NOT NULL AND NEW.submissions = 0
    AND (OLD.state <> 'held' OR OLD.input <> '{}'))
EXECUTE FUNCTION refuse(
    'a request that jobd did not send is for a new job without an input: use jobctl adopt');

CREATE TRIGGER jobs_state_words BEFORE UPDATE OF state ON jobs FOR EACH ROW
WHEN (NEW.state NOT IN ('queued', 'submitting', 'in_queue', 'in_progress', 'downloading', 'completed', 'held',
    'uncertain', 'failed', 'cancelled'))
EXECUTE FUNCTION refuse('there is no such state; change it with jobctl hold, release, cancel or retry');

CREATE TRIGGER jobs_submissions_guard BEFORE UPDATE OF submissions ON jobs FOR EACH ROW
WHEN (NEW.submissions <> OLD.submissions AND NEW.submissions <> OLD.submissions + 1)
EXECUTE FUNCTION refuse('submissions count the POSTs of a job: jobd alone changes them');

-- What a trigger writes was counted just now.
CREATE FUNCTION jobs_waits_for_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF pg_trigger_depth() = 1
        AND NEW.waits_for <> (SELECT count(*) FROM missing_sources WHERE job_id = OLD.id)
    THEN
        RAISE EXCEPTION 'waits_for is counted, not set: jobctl explain says what the job waits for'
            USING ERRCODE = 'JD001';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER jobs_waits_for_guard BEFORE UPDATE OF waits_for ON jobs FOR EACH ROW
WHEN (NEW.waits_for IS DISTINCT FROM OLD.waits_for)
EXECUTE FUNCTION jobs_waits_for_guard();

CREATE FUNCTION jobs_input_removed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM input_files WHERE job_id = NEW.id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_input_removed AFTER UPDATE OF input_removed_at ON jobs FOR EACH ROW
WHEN (NEW.input_removed_at IS NOT NULL)
EXECUTE FUNCTION jobs_input_removed();

-- When a row goes. (Its outputs and events go with it by their foreign keys, which are always in force here.)
CREATE FUNCTION jobs_delete_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF OLD.ended_at IS NULL THEN
        RAISE EXCEPTION 'a job that has not ended cannot be deleted' USING ERRCODE = 'JD001';
    END IF;
    IF EXISTS (SELECT 1 FROM needed_sources WHERE needed_sources.id = OLD.id) THEN
        RAISE EXCEPTION 'other jobs wait for this one' USING ERRCODE = 'JD001';
    END IF;
    INSERT INTO left_files (path, job_id, bytes, sha256)
    SELECT path, job_id, bytes, sha256 FROM outputs
    WHERE job_id = OLD.id AND state = 'done' AND removed_at IS NULL AND local IS DISTINCT FROM 'gone'
    ON CONFLICT (path) DO UPDATE
    SET job_id = excluded.job_id, bytes = excluded.bytes, sha256 = excluded.sha256;
    RETURN OLD;
END;
$$;

CREATE TRIGGER jobs_delete_guard BEFORE DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_delete_guard();

CREATE FUNCTION jobs_deleted() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM input_files WHERE job_id = OLD.id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_deleted();

-- Chains. As in SQLite, an insert into written_references makes the links of a job, and one into
-- missing_sources counts again what a job waits for.

CREATE FUNCTION count_missing(job bigint) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    missing bigint;
BEGIN
    SELECT count(*) INTO missing FROM missing_sources WHERE job_id = job;
    UPDATE jobs SET waits_for = missing WHERE id = job AND ended_at IS NULL AND waits_for <> missing;
END;
$$;

CREATE FUNCTION link_references(job bigint) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    refusal text;
BEGIN
    -- The first of these that is so.
    SELECT min(words) INTO refusal FROM (
        SELECT CASE
            WHEN r.source !~ '^[1-9][0-9]{0,17}$'
                OR (r.output NOT IN ('all', 'pick') AND r.output !~ '^[1-9][0-9]{0,8}$')
            THEN '1a reference is job:ID, job:ID/N, job:ID/all or job:ID/pick'
            WHEN strpos(r.path, '\') > 0 THEN '2the key of a reference is written without escapes'
            WHEN s.id IS NULL OR s.id >= job THEN '3a reference names a job that is not there'
            WHEN s.state IN ('failed', 'cancelled') THEN '4a reference names a job that has failed or was cancelled'
            WHEN s.state = 'completed' AND r.output NOT IN ('all', 'pick') AND NOT EXISTS (
                SELECT 1 FROM outputs WHERE job_id = s.id AND CAST(position AS text) = r.output)
            THEN '5a reference names an output that its job did not make'
            END
        FROM written_references AS r LEFT JOIN jobs AS s
            ON s.id = CAST(CASE WHEN r.source ~ '^[0-9]{1,18}$' THEN r.source END AS bigint)
        WHERE r.job_id = job
    ) AS found (words);
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION USING MESSAGE = substr(refusal, 2), ERRCODE = 'JD001';
    END IF;
    INSERT INTO links (job_id, path, source_id, output)
    SELECT job_id, path, CAST(source AS bigint), output FROM written_references WHERE job_id = job;
    PERFORM count_missing(job);
END;
$$;

CREATE FUNCTION missing_sources_count() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM count_missing(NEW.job_id);
    RETURN NEW;
END;
$$;

CREATE TRIGGER missing_sources_count INSTEAD OF INSERT ON missing_sources FOR EACH ROW
EXECUTE FUNCTION missing_sources_count();

CREATE FUNCTION written_references_link() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM link_references(NEW.job_id);
    RETURN NEW;
END;
$$;

CREATE TRIGGER written_references_link INSTEAD OF INSERT ON written_references FOR EACH ROW
EXECUTE FUNCTION written_references_link();

CREATE FUNCTION jobs_release() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM count_missing(l.job_id)
    FROM (SELECT DISTINCT job_id FROM links WHERE source_id = NEW.id AND resolved_at IS NULL ORDER BY job_id) AS l;
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_release AFTER UPDATE OF state ON jobs FOR EACH ROW
WHEN ((NEW.state = 'completed') <> (OLD.state = 'completed'))
EXECUTE FUNCTION jobs_release();

CREATE FUNCTION jobs_requeued() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM links WHERE job_id = NEW.id) THEN
        UPDATE links SET resolved_at = NULL WHERE job_id = NEW.id;
        PERFORM count_missing(NEW.id);
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_requeued AFTER UPDATE OF state ON jobs FOR EACH ROW
WHEN (NEW.state = 'queued' AND OLD.state NOT IN ('queued', 'held'))
EXECUTE FUNCTION jobs_requeued();

-- The reference is looked for only if the statement is a person's: the trigger's own come from there.
CREATE FUNCTION links_insert_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM links WHERE job_id = NEW.job_id AND path = NEW.path) THEN
        RAISE EXCEPTION 'two references have the same path: rename one of the keys' USING ERRCODE = 'JD001';
    END IF;
    IF NEW.resolved_at IS NOT NULL OR (pg_trigger_depth() = 1 AND NOT EXISTS (
        SELECT 1 FROM written_references
        WHERE job_id = NEW.job_id AND path = NEW.path AND source = CAST(NEW.source_id AS text)
            AND output = NEW.output))
    THEN
        RAISE EXCEPTION 'links are made of the references in an input, when the job is enqueued'
            USING ERRCODE = 'JD001';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER links_insert_guard BEFORE INSERT ON links FOR EACH ROW WHEN (NOT is_moving('links'::regclass))
EXECUTE FUNCTION links_insert_guard();

CREATE TRIGGER links_update_guard BEFORE UPDATE OF job_id, path, source_id, output ON links FOR EACH ROW
EXECUTE FUNCTION refuse('links are what the input says: cancel the job and enqueue another');

CREATE TRIGGER links_delete_guard BEFORE DELETE ON links FOR EACH ROW
EXECUTE FUNCTION refuse('links are kept: they say what was made from what');

-- Outputs.

-- The outputs of a job are written by the jobd that follows it; by jobctl, if nobody does.
CREATE FUNCTION outputs_owner() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT owner FROM jobs WHERE id = OLD.job_id) <> CAST(nullif(current_setting('jobd.daemon', TRUE), '') AS bigint)
    THEN
        RAISE EXCEPTION 'another jobd follows the job' USING ERRCODE = 'JD002';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER outputs_a_owner BEFORE UPDATE OF path, state, fetched, attempts ON outputs FOR EACH ROW
WHEN (OLD.state = 'pending')
EXECUTE FUNCTION outputs_owner();

-- Whose disk the file is on.
CREATE FUNCTION outputs_host() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.host := CASE WHEN NEW.state = 'done' THEN nullif(current_setting('jobd.host', TRUE), '') END;
    RETURN NEW;
END;
$$;

CREATE TRIGGER outputs_host BEFORE UPDATE OF state ON outputs FOR EACH ROW
WHEN ((NEW.state = 'done') <> (OLD.state = 'done'))
EXECUTE FUNCTION outputs_host();

CREATE FUNCTION outputs_pick() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM count_missing(l.job_id)
    FROM (SELECT DISTINCT job_id FROM links
        WHERE source_id = NEW.job_id AND resolved_at IS NULL AND output = 'pick' ORDER BY job_id) AS l;
    IF NEW.state = 'done' THEN
        INSERT INTO changed_picks (job_id, changes) VALUES (NEW.job_id, 1)
        ON CONFLICT (job_id) DO UPDATE SET changes = changed_picks.changes + 1;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER outputs_pick AFTER UPDATE OF picked_at ON outputs FOR EACH ROW
WHEN ((NEW.picked_at IS NULL) <> (OLD.picked_at IS NULL))
EXECUTE FUNCTION outputs_pick();

CREATE FUNCTION outputs_needed_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM jobs WHERE id = OLD.job_id AND state = 'completed')
        AND EXISTS (SELECT 1 FROM needed_sources WHERE id = OLD.job_id)
    THEN
        RAISE EXCEPTION 'other jobs wait for this one' USING ERRCODE = 'JD001';
    END IF;
    RETURN OLD;
END;
$$;

CREATE TRIGGER outputs_needed_guard BEFORE DELETE ON outputs FOR EACH ROW EXECUTE FUNCTION outputs_needed_guard();

-- Events. Whoever writes only an event waits for his turn, too: whoever reads what comes after an id misses
-- none.
CREATE FUNCTION events_insert_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id IS NOT NULL THEN
        RAISE EXCEPTION 'the id of an event is not to be chosen' USING ERRCODE = 'JD001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('jobd ' || TG_TABLE_SCHEMA, 0));
    NEW.id := nextval(CAST(quote_ident(TG_TABLE_SCHEMA) || '.events_id_seq' AS regclass));
    RETURN NEW;
END;
$$;

CREATE TRIGGER events_insert_guard BEFORE INSERT ON events FOR EACH ROW WHEN (NOT is_moving('events'::regclass))
EXECUTE FUNCTION events_insert_guard();

CREATE TRIGGER events_update_guard BEFORE UPDATE ON events FOR EACH ROW
EXECUTE FUNCTION refuse('events are never changed');

CREATE FUNCTION events_delete_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM jobs WHERE id = OLD.job_id) THEN
        RAISE EXCEPTION 'events go only with their job' USING ERRCODE = 'JD001';
    END IF;
    RETURN OLD;
END;
$$;

CREATE TRIGGER events_delete_guard BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_delete_guard();

-- Charges, and their sums.

CREATE FUNCTION charges_insert_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('jobd ' || TG_TABLE_SCHEMA, 0));
    IF NEW.id IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM jobs
            WHERE id = NEW.job_id AND label IS NOT DISTINCT FROM NEW.label
                AND ((state = 'submitting' AND submissions + 1 = NEW.submission)
                    OR (state = 'in_queue' AND request_id IS NOT NULL AND submissions = 0 AND NEW.submission = 0)))
        OR EXISTS (SELECT 1 FROM charges WHERE job_id = NEW.job_id AND submission = NEW.submission)
    THEN
        RAISE EXCEPTION 'charges are made by jobd alone' USING ERRCODE = 'JD001';
    END IF;
    NEW.id := nextval('charges_id_seq');
    RETURN NEW;
END;
$$;

CREATE TRIGGER charges_insert_guard BEFORE INSERT ON charges FOR EACH ROW WHEN (NOT is_moving('charges'::regclass))
EXECUTE FUNCTION charges_insert_guard();

CREATE TRIGGER charges_update_guard BEFORE UPDATE ON charges FOR EACH ROW
WHEN ((NEW.id, NEW.job_id, NEW.submission, NEW.at, NEW.model, NEW.label, NEW.estimated_usd)
        IS DISTINCT FROM (OLD.id, OLD.job_id, OLD.submission, OLD.at, OLD.model, OLD.label, OLD.estimated_usd)
    OR (NEW.reported_usd IS NULL AND OLD.reported_usd IS NOT NULL))
EXECUTE FUNCTION refuse('a charge is never changed, but for reported_usd');

CREATE FUNCTION charges_delete_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM jobs WHERE id = OLD.job_id AND state <> 'submitting' AND submissions < OLD.submission)
    THEN
        RAISE EXCEPTION 'charges are kept: they say what was spent' USING ERRCODE = 'JD001';
    END IF;
    RETURN OLD;
END;
$$;

CREATE TRIGGER charges_delete_guard BEFORE DELETE ON charges FOR EACH ROW EXECUTE FUNCTION charges_delete_guard();

CREATE FUNCTION add_charge(spent_on text, job_label text, amount double precision) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO charge_sums AS s (day, label, nanos)
    SELECT days.day, labels.label, amount
    FROM (VALUES (spent_on), ('')) AS days (day),
        (SELECT '' UNION ALL SELECT job_label WHERE job_label <> '') AS labels (label)
    ORDER BY 1, 2
    ON CONFLICT (day, label) DO UPDATE SET nanos = s.nanos + excluded.nanos;
END;
$$;

CREATE FUNCTION charge_changes_added() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM add_charge(NEW.day, NEW.label, NEW.nanos);
    RETURN NEW;
END;
$$;

CREATE TRIGGER charge_changes_added INSTEAD OF INSERT ON charge_changes FOR EACH ROW
EXECUTE FUNCTION charge_changes_added();

CREATE FUNCTION charges_changed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM add_charge(substr(NEW.at, 1, 10), NEW.label, NEW.nanos);
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM add_charge(substr(OLD.at, 1, 10), OLD.label, -OLD.nanos);
    ELSE
        PERFORM add_charge(substr(NEW.at, 1, 10), NEW.label, NEW.nanos - OLD.nanos);
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER charges_inserted AFTER INSERT ON charges FOR EACH ROW WHEN (NOT is_moving('charges'::regclass))
EXECUTE FUNCTION charges_changed();

CREATE TRIGGER charges_updated AFTER UPDATE OF estimated_usd, reported_usd ON charges FOR EACH ROW
WHEN (NEW.nanos <> OLD.nanos)
EXECUTE FUNCTION charges_changed();

CREATE TRIGGER charges_deleted AFTER DELETE ON charges FOR EACH ROW EXECUTE FUNCTION charges_changed();

-- TRUNCATE fires no trigger of a row.
CREATE TRIGGER jobs_truncate_guard BEFORE TRUNCATE ON jobs WHEN (NOT is_moving('jobs'::regclass))
EXECUTE FUNCTION refuse('jobs are not truncated: delete those that have ended, or use jobctl prune');

CREATE TRIGGER outputs_truncate_guard BEFORE TRUNCATE ON outputs WHEN (NOT is_moving('outputs'::regclass))
EXECUTE FUNCTION refuse('outputs are not truncated: they say where the files are');

CREATE TRIGGER events_truncate_guard BEFORE TRUNCATE ON events WHEN (NOT is_moving('events'::regclass))
EXECUTE FUNCTION refuse('events are not truncated: they go only with their job');

CREATE TRIGGER charges_truncate_guard BEFORE TRUNCATE ON charges WHEN (NOT is_moving('charges'::regclass))
EXECUTE FUNCTION refuse('charges are kept: they say what was spent');

CREATE TRIGGER links_truncate_guard BEFORE TRUNCATE ON links WHEN (NOT is_moving('links'::regclass))
EXECUTE FUNCTION refuse('links are kept: they say what was made from what');
