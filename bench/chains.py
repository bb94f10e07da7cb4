#!/usr/bin/env python3
"""What references cost the store: inserts, the release of dependents, and claims beside jobs that wait.

Runs the migrations in a database of its own, with Python's SQLite. Each figure is a ratio against the same work without
references, in the same run; the median of ROUNDS.

    bench/chains.py [ROUNDS]
"""
import os
import sqlite3
import statistics
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INPUT = '{"text":"' + "a fox in the snow " * 10 + '","image_size":"2560"}'
CLAIM = (
    "SELECT id, priority FROM jobs INDEXED BY jobs_ready WHERE state = 'queued' AND next_try_at IS NULL"
    " AND waits_for = 0 AND model = 'a/b' ORDER BY priority DESC, id LIMIT 32"
)


def store(folder, upto):
    path = os.path.join(folder, "%d-%d.db" % (upto, time.monotonic_ns()))
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    for name in sorted(os.listdir(ROOT + "/migrations")):
        if int(name[:4]) <= upto:
            with open(ROOT + "/migrations/" + name) as script:
                database.executescript(script.read())
    return database


def insert(database, inputs):
    start = time.process_time()
    database.execute("BEGIN")
    for text in inputs:
        database.execute("INSERT INTO jobs (model, input, validation) VALUES ('a/b', ?, 'passed')", (text,))
    database.execute("COMMIT")
    return time.process_time() - start


def complete(database, job):
    """Takes a job through its states; returns how long its completion took."""
    for change in (
        "state = 'submitting', submitted_at = created_at",
        "state = 'in_queue', submissions = 1, request_id = 'r' || id, followed_since = created_at",
        "state = 'downloading'",
    ):
        database.execute("UPDATE jobs SET %s WHERE id = ?" % change, (job,))
    database.execute(
        "INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)"
        " VALUES (?, 1, 'image', 'u', 'p', 1, ?, 'image/png', 'done', '2026-01-01 00:00:00.000')",
        (job, "a" * 64),
    )
    start = time.monotonic()
    database.execute("UPDATE jobs SET state = 'completed', ended_at = created_at WHERE id = ?", (job,))
    return time.monotonic() - start


def claims(database):
    start = time.process_time()
    for _ in range(2000):
        database.execute(CLAIM).fetchall()
    return time.process_time() - start


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    inserts, releases, ratios = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            before = insert(store(folder, 5), [INPUT] * 20_000)
            inserts.append(insert(store(folder, 6), [INPUT] * 20_000) / before)
            database = store(folder, 6)
            insert(database, ["{}"])
            insert(database, ['{"image":"job:1"}'] * 10_000)
            releases.append(complete(database, 1))
            assert database.execute("SELECT sum(waits_for) FROM jobs").fetchone() == (0,)
            alone = claims(database)
            insert(database, ["{}"])
            source = database.execute("SELECT max(id) FROM jobs").fetchone()[0]
            insert(database, ['{"image":"job:%d"}' % source] * 100_000)
            ratios.append(claims(database) / alone)
    print("insert without references, against the schema before: %.2fx" % statistics.median(inserts))
    print("release of 10,000 dependents: %.0f ms" % (statistics.median(releases) * 1000))
    print("claim with 100,000 waiting jobs, against none: %.2fx" % statistics.median(ratios))


main()
