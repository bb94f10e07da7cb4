"""Uploads the same files with jobd, rclone and s3cmd, in turn, and prints one table.

    storage.py JOBD_BIN WORK ENDPOINT [ROUNDS] [FILES] [MEGABYTES]
"""

import json
import os
import statistics
import subprocess
import sys
import time

import service

BIN, WORK, ENDPOINT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3]
ROUNDS, FILES, MEGABYTES = (int(word) for word in (sys.argv[4:] + ["3", "8", "70"][len(sys.argv) - 4:]))
KEYS = {"AWS_ACCESS_KEY_ID": "test:tester", "AWS_SECRET_ACCESS_KEY": "testing"}
HOST = ENDPOINT.removeprefix("http://")


# The tools of others read more of these variables.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def run(words, **environment):
    """Runs a program to its end: seconds, CPU seconds, and peak memory in MB."""
    start = time.monotonic()
    with open(WORK + "/log", "w") as log:
        process = subprocess.Popen(words, env={**ENVIRONMENT, **environment}, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = status
    if status:
        with open(WORK + "/log") as log:
            raise SystemExit(f"{words[0]} failed ({status}):\n{log.read()[-2000:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024}


class Jobd:
    """A store with jobs whose files are to be copied to the storage."""

    def __init__(self, name, fake):
        self.state, self.url = f"{WORK}/{name}", fake.url
        self.root = f"s3://bucket/{name}"
        lines = "".join(json.dumps({"model": "vendor/model/text-to-image", "input": {"prompt": str(number)}}) + "\n"
                        for number in range(FILES))
        subprocess.run([BIN + "/jobctl", "enqueue", "-q", "--state-dir", self.state, "--batch", "-"], check=True,
                       input=lines, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def words(self, endpoint=ENDPOINT):
        settings = {"min_free": 0, "log_level": "warning", "storage.url": self.root, "storage.outputs": "copy",
                    "storage.endpoint": endpoint}
        words = [BIN + "/jobd", "--state-dir", self.state, "--api-url", self.url]
        for key, value in settings.items():
            words += ["--set", f"{key}={value}"]
        return words

    def drain(self):
        result = run(self.words() + ["--drain"], RUNCOMFY_TOKEN="x", **KEYS)
        if self.count("object") != FILES:
            raise SystemExit("jobd has not stored all files")
        return result

    def count(self, column):
        query = f"SELECT count({column}) FROM outputs"
        return int(subprocess.run(["sqlite3", self.state + "/jobs.db", query], check=True, text=True,
                                  capture_output=True).stdout)

    def download(self):
        """Until every file is here and waits: nobody listens where the storage should be."""
        process = subprocess.Popen(self.words("http://127.0.0.1:9"), env={**ENVIRONMENT, "RUNCOMFY_TOKEN": "x", **KEYS},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.count("sha256") < FILES:
            time.sleep(0.1)
        process.terminate()
        process.wait()

    def folder(self):
        folder = self.state + "/outputs"
        return f"{folder}/{os.listdir(folder)[0]}"


def rclone(folder, name):
    return run(["rclone", "copy", "--s3-no-check-bucket", "--include", "*.png", folder, f"s:bucket/{name}"],
               RCLONE_CONFIG="/dev/null", RCLONE_CONFIG_S_TYPE="s3", RCLONE_CONFIG_S_PROVIDER="Other",
               RCLONE_CONFIG_S_ENDPOINT=ENDPOINT, RCLONE_CONFIG_S_ACCESS_KEY_ID=KEYS["AWS_ACCESS_KEY_ID"],
               RCLONE_CONFIG_S_SECRET_ACCESS_KEY=KEYS["AWS_SECRET_ACCESS_KEY"])


def s3cmd(folder, name):
    files = [f"{folder}/{file}" for file in os.listdir(folder) if file.endswith(".png")]
    return run(["s3cmd", "-q", "-c", WORK + "/s3cfg", "put", *files, f"s3://bucket/{name}/"])


def main():
    with open(WORK + "/s3cfg", "w") as file:
        file.write(f"[default]\naccess_key = {KEYS['AWS_ACCESS_KEY_ID']}\n"
                   f"secret_key = {KEYS['AWS_SECRET_ACCESS_KEY']}\nhost_base = {HOST}\nhost_bucket = {HOST}\n"
                   "use_https = False\n")
    run(["s3cmd", "-q", "-c", WORK + "/s3cfg", "mb", "s3://bucket"])
    told = {"jobd": [], "rclone": [], "s3cmd": [], "jobd, downloads too": []}
    with service.Fake(WORK + "/fake", 0, 0, 1, MEGABYTES * 1_000_000) as fake:
        for number in range(ROUNDS):
            jobd = Jobd(f"jobd-{number}", fake)
            jobd.download()
            os.sync()
            told["jobd"].append(jobd.drain())
            told["rclone"].append(rclone(jobd.folder(), f"rclone-{number}"))
            told["s3cmd"].append(s3cmd(jobd.folder(), f"s3cmd-{number}"))
            told["jobd, downloads too"].append(Jobd(f"whole-{number}", fake).drain())
    total = FILES * MEGABYTES
    print(f"{FILES} files of {MEGABYTES} MB, medians of {ROUNDS} rounds; load {os.getloadavg()[0]:.1f}")
    median = {name: {key: statistics.median(result[key] for result in results) for key in results[0]}
              for name, results in told.items()}
    for name, result in median.items():
        print(f"{name:20} {total / result['wall']:6.0f} MB/s  {result['wall']:6.2f} s  CPU {result['cpu']:5.2f} s  "
              f"peak memory {result['memory']:4.0f} MB")
    for name in ("rclone", "s3cmd"):
        print(f"upload speed of jobd / {name}: {median[name]['wall'] / median['jobd']['wall']:.2f}")


main()
