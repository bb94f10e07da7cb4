-- A store after a long use: @jobs@ jobs that ended between 400 and 40 days ago, one in fifty failed, each with a file, six
-- events, a charge, and every third with a label. The triggers are set aside meanwhile; bench/growth.sh puts them back.
PRAGMA synchronous = OFF;
PRAGMA wal_autocheckpoint = 0;
PRAGMA cache_size = -262144;
BEGIN;
CREATE TEMP TABLE word (key INTEGER PRIMARY KEY, value);
INSERT INTO word SELECT key, value FROM json_each(
    '["red","blue","old","tiny","giant","misty","golden","silent","neon","soft",
    "cat","dog","fox","castle","river","robot","dragon","forest","city","portrait","bridge","harbour","whale","tower"]');
INSERT INTO jobs (model, input, label, state, request_id, followed_since, submissions, error_kind, error_message,
    price_usd, cost_usd, validation, origin, created_at, submitted_at, started_at, finished_at, ended_at)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @jobs@),
times AS (
    SELECT i, i * 2654435761 % 4294967296 AS hash, julianday('now') - 40 - (@jobs@ - i) * 360.0 / @jobs@ AS at FROM n
)
SELECT 'vendor/model-' || (hash % 4),
    json_object('prompt', printf('a highly detailed %s %s and a %s %s by the river, story w%06d',
        (SELECT value FROM word WHERE key = hash / 7 % 10), (SELECT value FROM word WHERE key = 10 + hash / 64 % 14),
        (SELECT value FROM word WHERE key = hash / 512 % 10), (SELECT value FROM word WHERE key = 10 + hash / 4096 % 14),
        hash / 16 % 200000), 'seed', i),
    CASE WHEN hash % 3 = 0 THEN 'batch-' || (i / 5000) END,
    CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'completed' END, 'request-' || i, strftime('%Y-%m-%d %H:%M:%f', at), 1,
    CASE WHEN i % 50 = 0 THEN CASE WHEN hash % 2 THEN 'remote' ELSE 'download' END END,
    CASE WHEN i % 50 = 0 THEN 'the service said: capacity exhausted' END, 0.03, CASE WHEN i % 2 THEN 0.031 END,
    'passed', 'http://127.0.0.1', strftime('%Y-%m-%d %H:%M:%f', at),
    strftime('%Y-%m-%d %H:%M:%f', at + hash % 600 / 8640000.0), strftime('%Y-%m-%d %H:%M:%f', at + hash % 3000 / 8640000.0),
    strftime('%Y-%m-%d %H:%M:%f', at + (3000 + hash % 5000) / 8640000.0),
    strftime('%Y-%m-%d %H:%M:%f', at + (8100 + hash % 5000) / 8640000.0)
FROM times;
INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, width, height, state, downloaded_at, fetched)
SELECT id, 1, 'image', 'https://files.runcomfy.net/' || request_id || '/1.png',
    substr(ended_at, 1, 10) || printf('/%06d-1.png', id), 2000000, printf('%064x', id), 'image/png', 2048, 2048, 'done',
    ended_at, 2000000
FROM jobs WHERE state = 'completed';
INSERT INTO charges (job_id, submission, at, model, estimated_usd, reported_usd, label)
SELECT id, 1, submitted_at, model, price_usd, cost_usd, label FROM jobs WHERE ended_at IS NOT NULL;
INSERT INTO charge_sums (day, label, nanos) SELECT day, label, nanos FROM charge_ledger;
INSERT INTO events (job_id, at, kind, detail)
SELECT id, at, kind, detail FROM (
    SELECT id, created_at AS at, 'enqueued' AS kind, '{}' AS detail, 1 AS step FROM jobs
    UNION ALL SELECT id, submitted_at, 'submitting', '{"price_usd":0.03}', 2 FROM jobs
    UNION ALL SELECT id, submitted_at, 'accepted',
        json_object('request_id', request_id, 'origin', 'http://127.0.0.1'), 3 FROM jobs
    UNION ALL SELECT id, finished_at, 'status', '{"status":"succeeded"}', 4 FROM jobs
    UNION ALL SELECT id, ended_at, 'output', json_object('position', 1, 'path', 'x', 'bytes', 2000000), 5 FROM jobs
    UNION ALL SELECT id, ended_at, 'ended', json_object('state', state), 6 FROM jobs)
WHERE at IS NOT NULL AND id IN (SELECT id FROM jobs WHERE ended_at IS NOT NULL) ORDER BY id, step;
COMMIT;
