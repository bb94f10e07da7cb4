-- A store as a long use leaves it: jobs of sixty days, one in fifty failed, with what they cost. @jobs@ is their number.
-- The guards of INSERT are set aside meanwhile; bench/see.sh puts them back.
PRAGMA synchronous = OFF;
PRAGMA wal_autocheckpoint = 0;
BEGIN;
DROP TRIGGER jobs_insert_guard;
DROP TRIGGER charges_insert_guard;
CREATE TEMP TABLE word (key INTEGER PRIMARY KEY, value);
INSERT INTO word SELECT key, value FROM json_each(
    '["red","blue","old","tiny","giant","misty","golden","silent","neon","soft",
    "cat","dog","fox","castle","river","robot","dragon","forest","city","portrait","bridge","harbour","whale","tower"]');
INSERT INTO jobs (model, input, label, state, request_id, followed_since, submissions, error_kind, error_message,
    price_usd, cost_usd, created_at, submitted_at, started_at, finished_at, ended_at)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @jobs@),
times AS (
    SELECT i, i * 2654435761 % 4294967296 AS hash, julianday('now') - (@jobs@ - i) * 60.0 / @jobs@ - 0.01 AS at FROM n
)
SELECT 'vendor/model-' || (hash % 4),
    json_object('prompt', printf('a highly detailed %s %s and a %s %s by the river, story w%06d',
        (SELECT value FROM word WHERE key = hash / 7 % 10), (SELECT value FROM word WHERE key = 10 + hash / 64 % 14),
        (SELECT value FROM word WHERE key = hash / 512 % 10), (SELECT value FROM word WHERE key = 10 + hash / 4096 % 14),
        hash / 16 % 200000), 'seed', i),
    CASE WHEN hash % 3 = 0 THEN 'batch-' || (i / 20000) END,
    CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'completed' END, 'request-' || i, strftime('%Y-%m-%d %H:%M:%f', at), 1,
    CASE WHEN i % 50 = 0 THEN CASE WHEN hash % 2 THEN 'remote' ELSE 'download' END END,
    CASE WHEN i % 50 = 0 THEN 'the service said: capacity exhausted' END, 0.03, CASE WHEN i % 2 THEN 0.031 END,
    strftime('%Y-%m-%d %H:%M:%f', at), strftime('%Y-%m-%d %H:%M:%f', at + hash % 600 / 8640000.0),
    strftime('%Y-%m-%d %H:%M:%f', at + hash % 3000 / 8640000.0),
    strftime('%Y-%m-%d %H:%M:%f', at + (3000 + hash % 5000) / 8640000.0),
    strftime('%Y-%m-%d %H:%M:%f', at + (8100 + hash % 5000) / 8640000.0)
FROM times;
INSERT INTO charges (job_id, submission, at, model, estimated_usd, reported_usd)
SELECT id, 1, submitted_at, model, price_usd, cost_usd FROM jobs WHERE submitted_at IS NOT NULL;
INSERT INTO events (job_id, at, kind, detail)
SELECT id, ended_at, 'ended', json_object('state', state) FROM jobs WHERE ended_at IS NOT NULL;
COMMIT;
