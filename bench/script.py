"""The script that people write today: asyncio, aiohttp and sqlite3, careful enough to lose nothing it knows.

    script.py enqueue DATABASE COUNT
    script.py work DATABASE URL DIRECTORY CONNECTIONS POLL_S
"""

import asyncio
import hashlib
import os
import sqlite3
import sys

import aiohttp

INPUT = '{"prompt":"a lighthouse in a storm, oil on canvas","width":1024,"height":1024,"seed":%d}'


def connect(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'queued', "
        "input TEXT NOT NULL, request_id TEXT, url TEXT, path TEXT, sha256 TEXT)")
    return database


def enqueue(database, count):
    database.execute("BEGIN")
    database.executemany("INSERT INTO jobs (input) VALUES (?)", ((INPUT % i,) for i in range(count)))
    database.execute("COMMIT")


async def fetch(session, url, path):
    digest = hashlib.sha256()
    async with session.get(url) as answer:
        with open(path + ".part", "wb") as file:
            async for part in answer.content.iter_any():
                file.write(part)
                digest.update(part)
            file.flush()
            os.fsync(file.fileno())
    os.rename(path + ".part", path)
    return digest.hexdigest()


async def run_job(database, session, base, directory, poll, job, text):
    database.execute("UPDATE jobs SET state = 'submitting' WHERE id = ?", (job,))
    async with session.post(base + "/v1/models/vendor/model/text-to-image", data=text) as answer:
        request = (await answer.json())["request_id"]
    database.execute("UPDATE jobs SET state = 'in_queue', request_id = ? WHERE id = ?", (request, job))
    while True:
        async with session.get(f"{base}/v1/requests/{request}/status") as answer:
            if (await answer.json())["status"] == "completed":
                break
        await asyncio.sleep(poll)
    async with session.get(f"{base}/v1/requests/{request}/result") as answer:
        url = (await answer.json())["output"]["images"][0]
    database.execute("UPDATE jobs SET state = 'downloading', url = ? WHERE id = ?", (url, job))
    path = os.path.join(directory, url.rsplit("/", 1)[-1])
    sha256 = await fetch(session, url, path)
    database.execute(
        "UPDATE jobs SET state = 'completed', path = ?, sha256 = ? WHERE id = ?", (path, sha256, job))


async def work(database, base, directory, connections, poll):
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        jobs = database.execute("SELECT id, input FROM jobs WHERE state = 'queued'").fetchall()
        await asyncio.gather(*(run_job(database, session, base, directory, poll, *job) for job in jobs))


if __name__ == "__main__":
    database = connect(sys.argv[2])
    if sys.argv[1] == "enqueue":
        enqueue(database, int(sys.argv[3]))
    else:
        loop = asyncio.run
        if os.environ.get("UVLOOP"):
            import uvloop
            loop = uvloop.run
        loop(work(database, sys.argv[3], sys.argv[4], int(sys.argv[5]), float(sys.argv[6])))
