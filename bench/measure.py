"""Runs the programs against the fake service, in turn and each in a new directory, and prints one table.

    measure.py JOBD_BIN WORK [PART ...]
"""

import json
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time

import service

BIN, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
MODEL = "vendor/model/text-to-image"
table = []


def row(measure, ours, reference, unit, must, aim, ratio=None):
    """One line of the table; the ratio is of ours to the reference where both are numbers."""
    if ratio is None and reference:
        ratio = ours / reference
    line = (measure, f"{ours:.4g} {unit}", f"{reference:.4g} {unit}" if reference is not None else "-",
            f"{ratio:.2f}" if ratio is not None else "-", must, aim)
    table.append(line)
    print("  ".join(line), file=sys.stderr, flush=True)


class Fake(service.Fake):
    """Each word is one that `fake.c` names."""

    def __init__(self, queue=0, run=0, outputs=1, size=100_000, poll=0):
        super().__init__(WORK + "/fake", queue, run, outputs, size, poll)


counter = 0


def fresh():
    """A new directory. Old ones stay until the end: creating files where many were just deleted is slow."""
    global counter
    counter += 1
    path = f"{WORK}/run{counter}"
    os.makedirs(path + "/out")
    os.sync()
    return path


def run(words, **environment):
    """Runs a program to its end: seconds, CPU seconds, peak memory in MB, and how often it synced."""
    counts = WORK + "/syncs"
    if os.path.exists(counts):
        os.remove(counts)
    environment = {**os.environ, "RUNCOMFY_TOKEN": "x", "LD_PRELOAD": WORK + "/slowsync.so",
                   "SYNC_COUNTS": counts, **environment}
    start = time.monotonic()
    with open(WORK + "/log", "w") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = status
    if status:
        with open(WORK + "/log") as log:
            raise SystemExit(f"{words[0]} failed ({status}):\n{log.read()[-2000:]}")
    told = [0, 0, 0]
    if os.path.exists(counts):
        with open(counts) as file:
            told = [int(word) for word in file.read().split()]
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": told[2] / 1024,
            "database_syncs": told[0], "file_syncs": told[1]}


def jobctl(state, *words, text=None):
    subprocess.run([BIN + "/jobctl", words[0], "--state-dir", state, *words[1:]], check=True, input=text,
                   text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def batch(count):
    lines = ({"model": MODEL, "key": f"job-{i}", "input": {
        "prompt": "a lighthouse in a storm, oil on canvas", "width": 1024, "height": 1024, "seed": i}}
        for i in range(count))
    return "".join(json.dumps(line) + "\n" for line in lines)


def jobd_words(directory, url, settings, drain=True):
    settings = {"max_in_flight": 100_000, "max_submitting": 64, "download.parallel": 64, "min_free": 0,
                "sidecar": "false", "output_dir": directory + "/out",
                "output_name": "{request_id}_{index}.{ext}", **settings}
    words = [BIN + "/jobd", "--state-dir", directory + "/state", "--api-url", url]
    for key, value in settings.items():
        words += ["--set", f"{key}={value}"]
    return words + (["--drain"] if drain else [])


def run_jobd(fake, count, settings={}, **environment):
    directory = fresh()
    jobctl(directory + "/state", "enqueue", "-q", "--batch", "-", text=batch(count))
    return finish(fake, directory, count, jobd_words(directory, fake.url, settings), environment)


def run_floor(fake, count, poll=1000, **environment):
    directory = fresh()
    database = directory + "/jobs.db"
    subprocess.run([WORK + "/floor", "enqueue", database, str(count)], check=True)
    words = [WORK + "/floor", "work", database, fake.url, directory + "/out", "64", str(poll)]
    return finish(fake, directory, count, words, environment)


def run_rules(fake, count, kind, poll=1000, **environment):
    directory = fresh()
    jobctl(directory + "/state", "enqueue", "-q", "--batch", "-", text=batch(count))
    words = [WORK + "/rules", directory + "/state", fake.url, directory + "/out", "64", str(poll), kind]
    return finish(fake, directory, count, words, environment)


def run_script(fake, count, poll=1, **environment):
    directory = fresh()
    database = directory + "/jobs.db"
    script = [sys.executable, HERE + "/script.py"]
    subprocess.run([*script, "enqueue", database, str(count)], check=True)
    words = [*script, "work", database, fake.url, directory + "/out", "64", str(poll)]
    return finish(fake, directory, count, words, {"UVLOOP": "1", **environment})


def finish(fake, directory, count, words, environment):
    fake.get("/reset")
    result = run(words, **environment)
    stats = fake.get("/stats")
    files = [name for name in os.listdir(directory + "/out") if name.endswith(".png")]
    if len(files) != count:
        raise SystemExit(f"{words[0]} left {len(files)} files of {count}")
    result.update(directory=directory, files=files, rate=count / result["wall"],
                  requests=sum(stats[call] for call in ("posts", "statuses", "results", "files")) / count,
                  stats=stats)
    for measure in ("cpu", "database_syncs", "file_syncs"):
        result[measure + "_each"] = result[measure] / count
    return result


def in_turn(**runs):
    """Runs each in turn, several times over, and answers the medians of what they tell."""
    told = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, body in runs.items():
            told[name].append(body())
    return {name: {key: statistics.median(result[key] for result in results)
                   for key, value in results[0].items() if isinstance(value, (int, float))}
            for name, results in told.items()}


def burst():
    count = 2000
    with Fake() as fake:
        r = in_turn(jobd=lambda: run_jobd(fake, count), floor=lambda: run_floor(fake, count),
                    script=lambda: run_script(fake, count),
                    sidecar=lambda: run_jobd(fake, count, {"sidecar": "true"}),
                    rules=lambda: run_rules(fake, count, "plain"),
                    rules_sidecar=lambda: run_rules(fake, count, "sidecars"))
    jobd, floor, script, sidecar = r["jobd"], r["floor"], r["script"], r["sidecar"]
    row("burst: CPU a job / C", jobd["cpu_each"] * 1e3, floor["cpu_each"] * 1e3, "ms", "<= 1.6", "<= 1.2")
    row("burst: CPU a job / C by jobd's rules", jobd["cpu_each"] * 1e3, r["rules"]["cpu_each"] * 1e3, "ms",
        "<= 1.3", "-")
    row("burst: jobs/s / script", jobd["rate"], script["rate"], "", ">= 3", ">= 4")
    row("burst: jobs/s / C", jobd["rate"], floor["rate"], "", ">= 0.65", ">= 0.85")
    row("burst: peak memory / C", jobd["memory"], floor["memory"], "MB", "<= 1.5", "<= 1.2")
    row("burst: database syncs a job", jobd["database_syncs_each"], floor["database_syncs_each"], "",
        "ours <= 0.5", "<= 0.2")
    row("burst: file syncs a job", jobd["file_syncs_each"], floor["file_syncs_each"], "", "-", "-")
    row("burst: requests a job", jobd["requests"], floor["requests"], "", "-", "-")
    row("burst with sidecars: jobs/s / script", sidecar["rate"], script["rate"], "", "-", "-")
    row("burst with sidecars: CPU a job / C", sidecar["cpu_each"] * 1e3, floor["cpu_each"] * 1e3, "ms", "<= 1.8",
        "<= 1.4")
    row("burst with sidecars: CPU a job / C by jobd's rules", sidecar["cpu_each"] * 1e3,
        r["rules_sidecar"]["cpu_each"] * 1e3, "ms", "<= 1.3", "-")


def service():
    count = 2000
    with Fake(run=1000) as fake:
        r = in_turn(jobd=lambda: run_jobd(fake, count), script=lambda: run_script(fake, count))
    row("1 s of service: jobs/s / script", r["jobd"]["rate"], r["script"]["rate"], "", ">= 1.5", ">= 2")


def slow_disk():
    count = 500
    with Fake() as fake:
        r = in_turn(jobd=lambda: run_jobd(fake, count, SYNC_DELAY_US="3000"),
                    script=lambda: run_script(fake, count, SYNC_DELAY_US="3000"))
    row("3 ms more a sync: jobs/s / script", r["jobd"]["rate"], r["script"]["rate"], "", ">= 7", ">= 9")


def in_flight():
    for count, run_time in ((1000, 10_000), (10_000, 30_000)):
        settings = {"poll.min": "2s", "poll.max": "2s"}
        with Fake(run=run_time, size=1000, poll=2000) as fake:
            ours = run_jobd(fake, count, settings)
            stats = ours["stats"]
            floor = run_floor(fake, count, poll=2000)
            rules = run_rules(fake, count, "plain", poll=2000)
        on_time = 100 * stats["on_time"] / max(1, stats["on_time"] + stats["late"])
        row(f"{count} in flight: peak memory / C", ours["memory"], floor["memory"], "MB", "<= 1.3", "<= 1.2")
        row(f"{count} in flight: CPU / C", ours["cpu"], floor["cpu"], "s", "<= 1.6", "<= 1.2")
        row(f"{count} in flight: CPU / C by jobd's rules", ours["cpu"], rules["cpu"], "s", "-", "-")
        row(f"{count} in flight every 2 s: polls on time", on_time, None, "%", ">= 95", ">= 99")


def delays(result, run_time):
    """Seconds from "completed" there to each file being here, from the files' names."""
    found = []
    for name in result["files"]:
        made_at, number = name.split("_")[0].split("-")
        runs = run_time * (768 + int(number, 16) * 2654435761 % (1 << 32) % 512) // 1024
        there = int(made_at, 16) / 1e6 + runs / 1e3
        found.append(os.stat(f"{result['directory']}/out/{name}").st_ctime_ns / 1e9 - there)
    return statistics.mean(found)


def latency():
    count, run_time = 60, 5000
    with Fake(run=run_time) as fake:
        ours = run_jobd(fake, count, {"max_in_flight": 8})
        script = run_script(fake, count, poll=2)
    row("light load: from completed to the file / a 2 s poll", delays(ours, run_time), delays(script, run_time),
        "s", "<= 0.2", "<= 0.125")
    row("light load: requests a job / a 2 s poll", ours["requests"], script["requests"], "", "<= 1", "-")


def downloads():
    for count, size, must, aim in ((300, 2_000_000, 0.6, 0.9), (10, 100_000_000, 0.85, 1.0)):
        def curl():
            directory = fresh()
            with open(directory + "/list", "w") as file:
                for i in range(count):
                    file.write(f'url="{fake.url}/files/f{i}"\noutput="{directory}/out/f{i}"\n')
            return run(["sh", "-c", f"curl -s --parallel --parallel-max 16 -K {directory}/list;"
                        f" sync -f {directory}"])

        # jobd looks at a job every `poll.min` at most: half a second by default, and no part of a download.
        settings = {"download.parallel": 16, "poll.min": "10ms"}
        with Fake(size=size) as fake:
            r = in_turn(jobd=lambda: run_jobd(fake, count, settings), curl=curl)
        total = count * size / 1e6
        row(f"{count} files of {size // 1_000_000} MB: MB/s / curl --parallel + sync", total / r["jobd"]["wall"],
            total / r["curl"]["wall"], "", f">= {must}", f">= {aim}")
        for name in os.listdir(WORK):
            if name.startswith("run"):
                shutil.rmtree(f"{WORK}/{name}/out", ignore_errors=True)


def make_history(directory, count):
    """Many ended jobs and one that is in flight, written past the rules that hold for everybody else."""
    jobctl(directory + "/state", "enqueue", "-q", MODEL, "prompt=x")
    database = sqlite3.connect(directory + "/state/jobs.db")
    guard, = database.execute("SELECT sql FROM sqlite_schema WHERE name = 'jobs_insert_guard'").fetchone()
    at = "'2025-01-01 00:00:00.000'"
    database.execute("DROP TRIGGER jobs_insert_guard")
    database.execute(
        f"""WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
        INSERT INTO jobs (state, model, input, request_id, submissions, created_at, submitted_at, started_at,
            finished_at, ended_at, followed_since)
        SELECT 'completed', '{MODEL}', '{{"prompt":"a lighthouse in a storm, oil on canvas","seed":' || i || '}}',
            'h' || i, 1, {at}, {at}, {at}, {at}, {at}, {at} FROM n""")
    database.execute(
        f"""INSERT INTO outputs
            (job_id, position, kind, url, path, bytes, sha256, media_type, state, downloaded_at)
        SELECT id, 1, 'image', 'https://x/' || id, id || '.png', 1, printf('%064d', id), 'image/png', 'done', {at}
        FROM jobs WHERE state = 'completed'""")
    database.execute(
        """UPDATE jobs SET state = 'in_queue', request_id = printf('%x-0', ?), submissions = 1,
        submitted_at = strftime('%Y-%m-%d %H:%M:%f', 'now'), followed_since = strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE id = 1""", (int(time.time() * 1e6),))
    database.execute(guard)
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def start():
    directory = fresh()
    make_history(directory, int(os.environ.get("HISTORY", "1000000")))
    found = []
    # One service for all rounds: jobd asks about a request only at the address where it was bought.
    with Fake(run=3_600_000) as fake:
        for _ in range(ROUNDS):
            fake.get("/reset")
            begun = time.monotonic()
            process = subprocess.Popen(
                jobd_words(directory, fake.url, {}, drain=False), env={**os.environ, "RUNCOMFY_TOKEN": "x"},
                stderr=subprocess.DEVNULL)
            while not fake.get("/stats")["statuses"]:
                time.sleep(0.005)
            found.append(time.monotonic() - begun)
            process.send_signal(signal.SIGTERM)
            process.wait()
    row("start with 1,000,000 jobs of history to the first poll", statistics.median(found), None, "s", "<= 1",
        "<= 0.2")


def wakeups(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            total += sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
    return total


def idle():
    directory = fresh()
    jobctl(directory + "/state", "enqueue", "-q", "--hold", MODEL, "prompt=x")
    with Fake() as fake:
        process = subprocess.Popen(
            jobd_words(directory, fake.url, {}, drain=False), env={**os.environ, "RUNCOMFY_TOKEN": "x"},
            stderr=subprocess.DEVNULL)
        time.sleep(5)
        before = wakeups(process.pid)
        time.sleep(60)
        count = wakeups(process.pid) - before
        with open(f"/proc/{process.pid}/status") as file:
            memory = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))
        process.send_signal(signal.SIGTERM)
        process.wait()
    row("idle: wake-ups a minute", count, None, "", "<= 5", "0")
    row("idle: memory", memory, None, "MB", "<= 16", "<= 12")


PARTS = {"burst": burst, "service": service, "slow-disk": slow_disk, "in-flight": in_flight, "latency": latency,
         "downloads": downloads, "start": start, "idle": idle}

if __name__ == "__main__":
    wanted = sys.argv[3:] or list(PARTS)
    for name in wanted:
        if name not in PARTS:
            raise SystemExit(f"there is no part {name}; there are: {' '.join(PARTS)}")
    for name in wanted:
        PARTS[name]()
    print(f"\nMedians of {ROUNDS} rounds, each program in turn.\n")
    for cells in (("measure", "ours", "reference", "ratio", "must", "aim"), ("---",) * 6, *table):
        print("| " + " | ".join(cells) + " |")
