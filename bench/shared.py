"""Measures jobd with a PostgreSQL store against jobd with SQLite on the same machine, and several jobds on one store.

    shared.py JOBD_BIN WORK [ROUNDS] [JOBS] [QUEUED]
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time

import service

BIN, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROUNDS, JOBS, QUEUED = (int(word) for word in (sys.argv[3:] + ["5", "3000", "1000000"][len(sys.argv) - 3:]))
HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = "vendor/model/text-to-image"
SOCKET = WORK + "/server"
table = []


def row(measure, ours, reference, unit, must):
    ratio = f"{ours / reference:.2f}" if reference else "-"
    line = (measure, f"{ours:.4g} {unit}", f"{reference:.4g} {unit}" if reference else "-", ratio, must)
    table.append(line)
    print("  ".join(line), file=sys.stderr, flush=True)


def psql(database, sql):
    return subprocess.run(["psql", "-X", "-At", "-q", "-h", SOCKET, "-U", "postgres", database, "-c", sql],
                          check=True, capture_output=True, text=True).stdout.strip()


class Server:
    def __enter__(self):
        os.makedirs(SOCKET)
        os.chmod(WORK, 0o755)
        self.process = subprocess.Popen([HERE + "/../Tests/postgresql/serve", SOCKET],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if subprocess.run(["pg_isready", "-q", "-h", SOCKET]).returncode == 0:
                return self
            time.sleep(0.1)
        raise SystemExit("PostgreSQL does not start")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


counter = 0


class Store:
    """A new store: SQLite in a directory, or a database of the server."""

    def __init__(self, is_shared, jobs, priority=0):
        global counter
        counter += 1
        self.directory = f"{WORK}/run{counter}"
        os.makedirs(self.directory + "/out")
        self.environment = {**os.environ, "RUNCOMFY_TOKEN": "x"}
        self.database = f"b{counter}"
        if is_shared:
            psql("postgres", f"CREATE DATABASE {self.database}")
            self.environment["JOBD_STORE"] = f"postgresql:///{self.database}?host={SOCKET}&user=postgres"
            self.jobctl("migrate")
        if jobs:
            self.enqueue(jobs, priority)

    def jobctl(self, *words, text=None):
        subprocess.run([BIN + "/jobctl", words[0], "--state-dir", self.directory + "/ctl", *words[1:]], check=True,
                       input=text, text=True, env=self.environment, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def enqueue(self, count, priority=0):
        lines = ({"model": MODEL, "priority": priority, "input": {"prompt": "a lighthouse in a storm", "seed": i}}
                 for i in range(count))
        state = self.directory + ("/ctl" if "JOBD_STORE" in self.environment else "/a")
        subprocess.run([BIN + "/jobctl", "enqueue", "--state-dir", state, "-q", "--batch", "-"], check=True,
                       input="".join(json.dumps(line) + "\n" for line in lines), text=True, env=self.environment,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self, name, fake, drain=True, **more):
        settings = {"max_in_flight": 100_000, "max_submitting": 64, "download.parallel": 64, "min_free": 0,
                    "sidecar": "false", "output_dir": self.directory + "/out",
                    "output_name": "{request_id}_{index}.{ext}", **more}
        words = [BIN + "/jobd", "--state-dir", f"{self.directory}/{name}", "--api-url", fake.url]
        for key, value in settings.items():
            words += ["--set", f"{key}={value}"]
        with open(f"{self.directory}/{name}.log", "w") as log:
            return subprocess.Popen(words + (["--drain"] if drain else []), env=self.environment, stdout=log,
                                    stderr=log)

    def files(self):
        return len([name for name in os.listdir(self.directory + "/out") if name.endswith(".png")])


def run(store, fake, jobds, count):
    """Runs jobds until all is done: jobs a second, and the CPU seconds of all of them."""
    start = time.monotonic()
    running = [store.start(name, fake) for name in "abcdefgh"[:jobds]]
    cpu = 0
    for process in running:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        cpu += usage.ru_utime + usage.ru_stime
        if status:
            raise SystemExit(f"jobd failed ({status}): see {store.directory}")
    wall = time.monotonic() - start
    if store.files() != count:
        raise SystemExit(f"{store.files()} files of {count}: see {store.directory}")
    return {"rate": count / wall, "cpu": cpu / count * 1e3}


def medians(runs):
    told = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, body in runs.items():
            told[name].append(body())
    return {name: {key: statistics.median(one[key] for one in all) for key in all[0]} for name, all in told.items()}


def speed(fake):
    r = medians({"sqlite": lambda: run(Store(False, JOBS), fake, 1, JOBS),
                 "shared": lambda: run(Store(True, JOBS), fake, 1, JOBS)})
    row("jobs/s with one jobd / SQLite", r["shared"]["rate"], r["sqlite"]["rate"], "", ">= 0.5")
    row("CPU of jobd a job / SQLite", r["shared"]["cpu"], r["sqlite"]["cpu"], "ms", "<= 2")


def several(fake):
    r = medians({str(jobds): (lambda jobds=jobds: run(Store(True, JOBS), fake, jobds, JOBS))
                 for jobds in (1, 2, 4, 8)})
    for jobds in ("2", "4", "8"):
        row(f"jobs/s with {jobds} jobds / with one", r[jobds]["rate"], r["1"]["rate"], "", "not falling")
        row(f"CPU a job with {jobds} jobds / with one", r[jobds]["cpu"], r["1"]["cpu"], "ms", "")


def time_of(store, fake, count):
    """Seconds until so many jobs are done that go before all others."""
    store.enqueue(count, priority=9)
    jobd = store.start("a", fake, drain=False, max_in_flight=64)
    start = time.monotonic()
    while store.files() < count:
        time.sleep(0.01)
    wall = time.monotonic() - start
    jobd.kill()
    jobd.wait()
    return wall


def long_queue(fake):
    fill = ("INSERT INTO jobs (model, input, not_before) SELECT 'vendor/model/text-to-image', '{\"prompt\":\"x\"}', "
            "CASE WHEN i % 10 = 0 THEN '2099-01-01 00:00:00.000' END FROM generate_series(1, {0}) AS i")
    found = {}
    for size in (1000, QUEUED):
        store = Store(True, 0)
        psql(store.database, fill.replace("{0}", str(size)))
        psql(store.database, "ANALYZE")
        found[size] = statistics.median(time_of(store, fake, 300) for _ in range(1))
    row(f"300 jobs before {QUEUED:,} queued / before 1,000", found[QUEUED], found[1000], "s", "<= 1.3")


def takeover(fake):
    waits = []
    for _ in range(max(2, ROUNDS)):
        store = Store(True, 20)
        first = store.start("a", fake, drain=False, max_in_flight=100)
        while psql(store.database, "SELECT count(*) FROM jobs WHERE request_id IS NOT NULL") != "20":
            time.sleep(0.1)
        second = store.start("b", fake, drain=False)
        time.sleep(2)
        first.kill()
        start = time.monotonic()
        query = "SELECT count(*) FROM jobs WHERE owner = (SELECT max(id) FROM daemons)"
        while psql(store.database, query) == "0":
            time.sleep(0.1)
        waits.append(time.monotonic() - start)
        second.kill()
        first.wait()
        second.wait()
    row(f"takeover after kill -9, the longest of {len(waits)}", max(waits), None, "s", "<= 45")
    row("the shortest", min(waits), None, "s", "")


def main():
    with Server():
        with service.Fake(WORK + "/fake", 0, 0, 1, 100_000, 0) as fake:
            speed(fake)
            several(fake)
            long_queue(fake)
        with service.Fake(WORK + "/fake", 0, 600_000, 1, 100_000, 0) as fake:
            takeover(fake)
    print("| measure | shared | reference | ratio | must |\n|---|---|---|---|---|")
    for line in table:
        print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
