"""Two stores with the schema of jobd, one for each engine, that are given the same statements."""

import glob
import os
import pwd
import re
import shutil
import sqlite3
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "migrations", "postgresql", "0012_shared.sql")


class Refused(Exception):
    """A statement was refused. `kind` is words, check, unique, reference, null or another."""

    def __init__(self, kind, text):
        super().__init__(f"{kind}: {text}")
        self.kind, self.text = kind, text

    def __eq__(self, other):
        return isinstance(other, Refused) and (self.kind, self.text) == (other.kind, other.text)


class Server:
    """A PostgreSQL of its own in a temporary directory, on a socket alone."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        self.programs = os.environ.get("PG_BIN") or (found[-1] if found else "/usr/bin")
        self.place = tempfile.mkdtemp(prefix="jobd-pg-", dir="/tmp")
        self.user = []
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.place, account.pw_uid, account.pw_gid)
            self.user = ["setpriv", "--reuid", "postgres", "--regid", str(account.pw_gid),
                         "--clear-groups"]
        self.call("initdb", "-D", self.place + "/data", "-A", "trust", "-U", "owner", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={self.place} -c fsync=off"
        self.call("pg_ctl", "-D", self.place + "/data", "-l", self.place + "/log", "-o", options, "-w",
                  "start")

    def command(self, program, *arguments):
        return [*self.user, os.path.join(self.programs, program), *arguments]

    def call(self, program, *arguments):
        done = subprocess.run(self.command(program, *arguments), cwd="/", capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{program} failed: {done.stdout}{done.stderr}")

    def stop(self):
        try:
            self.call("pg_ctl", "-D", self.place + "/data", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.place, ignore_errors=True)


class Postgres:
    """A session of psql: this way the test needs no library, and is a person with psql."""

    END = "\x1d"
    KINDS = {"JD001": "words", "23514": "check", "23505": "unique", "23503": "reference", "23502": "null",
             # A text that is no JSON, where the CHECK reads it.
             "22P02": "check"}

    def __init__(self, server, schema="store", user="owner"):
        self.process = subprocess.Popen(
            server.command("psql", "-X", "-q", "-A", "-t", "-h", server.place, "-U", user, "-d", "postgres",
                           "-F", "\x1f", "-R", "\x1e\n", "-P", "null=\x02"),
            cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PGCLIENTENCODING": "UTF8"})
        self.notices = []
        self.rows(f"SET search_path = {schema}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def rows(self, sql):
        """Runs one statement; the values of its rows are texts."""
        end = self.END
        text = f"{sql}\n;\n\\echo {end}:SQLSTATE{end}:LAST_ERROR_MESSAGE{end}:ROW_COUNT{end}end\n"
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()
        answer = b""
        while not answer.endswith(f"{end}end\n".encode()):
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                raise SystemExit("psql has ended: " + answer.decode(errors="replace"))
            answer += part
        body, state, message, count, _ = answer.decode().rsplit(end, 4)
        self.notices += re.findall(r"Asynchronous notification \"(\w+)\"", body)
        self.count = int(count)
        if state != "00000":
            raise self.refusal(state, message)
        body = re.sub(r"Asynchronous notification .*\n", "", body)
        lines = body.removesuffix("\n").removesuffix("\x1e").split("\x1e\n") if body else []
        return [tuple(None if v == "\x02" else v for v in line.split("\x1f")) for line in lines]

    def refusal(self, state, message):
        name = re.search(r'violates check constraint "(.*)"', message)
        return Refused(self.KINDS.get(state, state), name.group(1) if name else message)

    def change(self, sql):
        self.rows(sql)
        return self.count


class SQLite:
    """The same with SQLite and the numbered migrations."""

    def __init__(self):
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.execute("PRAGMA foreign_keys = ON")
        for path in sorted(glob.glob(os.path.join(ROOT, "migrations", "0*.sql"))):
            with open(path, encoding="utf-8") as file:
                self.database.executescript(file.read())

    def rows(self, sql):
        try:
            return self.database.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise self.refusal(str(error)) from None

    def change(self, sql):
        try:
            return self.database.execute(sql).rowcount
        except sqlite3.Error as error:
            raise self.refusal(str(error)) from None

    @staticmethod
    def refusal(message):
        for start, kind in (("CHECK constraint failed: ", "check"), ("UNIQUE constraint failed", "unique"),
                            ("FOREIGN KEY constraint failed", "reference"),
                            ("NOT NULL constraint failed", "null")):
            if message.startswith(start):
                return Refused(kind, message.removeprefix(start))
        return Refused("words", message)
