#!/usr/bin/env python3
"""Whether the schema for PostgreSQL does what SQLite's does: the same statements on both must end alike.

Runs a PostgreSQL of its own (as the user postgres, if this is root) and takes some seconds. With a number as
its argument the random parts take that seed. Exits 1 if there is a difference.
"""

import hashlib
import json
import random
import sys

from engines import SCRIPT, Postgres, Refused, Server, SQLite

T = "2026-11-02 10:00:00.000"
TABLES = {
    "jobs": "id, state, model, input, priority, label, key, not_before, validation, request_id, submissions,"
            " cancel_requested_at, error_kind, error_message, price_usd, cost_usd, submitted_at, started_at,"
            " finished_at, ended_at, next_try_at, followed_since, input_removed_at, origin, waits_for",
    "outputs": "job_id, position, kind, url, path, bytes, sha256, media_type, width, height, duration_s,"
               " state,"
               " downloaded_at, attempts, fetched, removed_at, picked_at, object, local",
    "events": "id, job_id, kind, detail",
    "charges": "id, job_id, submission, at, model, estimated_usd, reported_usd, label, nanos",
    "links": "*", "left_files": "*", "input_files": "*", "charge_sums": "*", "changed_picks": "*",
    "removed_objects": "*", "models": "*", "marks": "*", "daemon_settings": "*",
    "missing_sources": "*", "written_references": "*", "needed_sources": "*", "charge_ledger": "*", "files":
    "job_id, position, path, kind, bytes, prompt, model, label, object", "spending": "*",
    "history": "id, state, model, label, prompt, queued_s, ran_s, fetched_s, files, bytes, cost_usd",
}

# The CHECKs that speak in words.
NAMED = ("input is a JSON object", "key is not empty", "model is 1 to 256 plain characters")


def text(value):
    """A value as a literal of both engines."""
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + value.replace("'", "''") + "'"


def is_same(left, right):
    """Whether a value of SQLite is that text of psql's."""
    if left is None or right is None:
        return left is right
    if isinstance(left, float):
        return abs(left - float(right)) <= 1e-9 * max(1, abs(left))
    if isinstance(left, int):
        return str(left) == right or {"t": 1, "f": 0}.get(right) == left
    return left == right


class Both:
    """The two stores side by side."""

    def __init__(self, server, schema):
        self.sqlite = SQLite()
        self.server = server
        self.schema = schema
        owner = Postgres(server)
        owner.rows("SET client_min_messages = warning")
        owner.rows(f"CREATE SCHEMA {schema}")
        owner.rows(f"SET search_path = {schema}")
        with open(SCRIPT, encoding="utf-8") as file:
            owner.rows("BEGIN;\n" + file.read() + "COMMIT")
        self.postgres = owner
        self.faults = []
        self.checks = 0

    def fault(self, *words):
        self.faults.append(words)
        print("DIFFERENCE", *words, sep="\n    ")

    @staticmethod
    def outcome(store, sql):
        try:
            return store.change(sql)
        except Refused as refusal:
            return refusal

    @staticmethod
    def brief(refusal):
        """What must be alike. A key or request that is taken is refused by the index alone in PostgreSQL."""
        if refusal.text.startswith(("another job that is not failed", "another job has this request")):
            return ("unique", "")
        if refusal.kind == "words":
            return ("words", refusal.text.split("; use ")[0])
        named = refusal.text in NAMED
        return (refusal.kind, refusal.text if named else "")

    def change(self, sql, kind=None, counted=True):
        """Runs a statement that both do, or both refuse in the same way: `kind` or words."""
        left, right = self.outcome(self.sqlite, sql), self.outcome(self.postgres, sql)
        self.checks += 1
        if isinstance(left, Refused) and isinstance(right, Refused):
            self.align()
            found = self.brief(left)
            if found != self.brief(right):
                self.fault(sql, f"SQLite: {left}", f"PostgreSQL: {right}")
            elif kind is None or (found[1].startswith(kind) if " " in kind else found[0] == kind) is False:
                self.fault(sql, f"refused otherwise than as {kind}: {left}")
        elif isinstance(left, Refused) or isinstance(right, Refused) or (counted and left != right):
            self.fault(sql, f"SQLite: {left}", f"PostgreSQL: {right}")
        elif kind is not None:
            self.fault(sql, f"not refused as {kind}")

    def attempt(self, sql):
        """Runs a statement that both do or both refuse, for whatever reason. Returns whether it was done."""
        left, right = self.outcome(self.sqlite, sql), self.outcome(self.postgres, sql)
        self.checks += 1
        refused = [isinstance(one, Refused) for one in (left, right)]
        if refused[0] != refused[1] or (not refused[0] and left != right):
            self.fault(sql, f"SQLite: {left}", f"PostgreSQL: {right}")
        if any(refused):
            self.align()
        return not any(refused)

    def align(self):
        """A sequence does not go back with the statement that was refused."""
        for table in ("jobs", "events", "charges"):
            last = self.sqlite.rows(f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'")
            value = f"{last[0][0]}, TRUE" if last and last[0][0] else "1, FALSE"
            self.postgres.rows(f"SELECT setval('{table}_id_seq', {value})")

    def same(self, query):
        left = self.sqlite.rows(query)
        try:
            right = self.postgres.rows(query)
        except Refused as refusal:
            return self.fault(query, str(refusal))
        self.checks += 1
        alike = len(left) == len(right) and all(
            len(a) == len(b) and all(map(is_same, a, b)) for a, b in zip(left, right))
        if not alike:
            rest = [pair for pair in zip(left, right) if not all(map(is_same, *pair))]
            self.fault(query, f"SQLite: {len(left)} rows", f"PostgreSQL: {len(right)} rows", str(rest[:2]))
        return None

    def same_tables(self, tables=TABLES):
        for table in tables:
            columns = TABLES[table]
            count = len(self.sqlite.database.execute(f"SELECT {columns} FROM {table} LIMIT 0").description)
            self.same(f"SELECT {columns} FROM {table} ORDER BY"
                      f" {', '.join(map(str, range(1, min(count, 4) + 1)))}")


def job(values="", columns="", model="a/b", source="{}"):
    """An INSERT into jobs, with more columns than model and input if given."""
    return f"INSERT INTO jobs (model, input{columns}) VALUES ({text(model)}, {text(source)}{values})"


def sent(number, submission=1, price=0.25):
    """The statements with which jobd sends a job."""
    return [
        f"UPDATE jobs SET state = 'submitting', submitted_at = '{T}', next_try_at = NULL WHERE id = {number}",
        "INSERT INTO charges (job_id, submission, at, model, estimated_usd, label)"
        f" SELECT id, {submission}, '{T}', model, {price}, label FROM jobs WHERE id = {number}",
        f"UPDATE jobs SET state = 'in_queue', request_id = 'r{number}-{submission}', submissions ="
        f" {submission},"
        f" followed_since = '{T}' WHERE id = {number}",
    ]


def finished(number, count=2):
    """The statements with which it completes, with `count` outputs."""
    steps = [f"UPDATE jobs SET state = 'downloading', started_at = '{T}', finished_at = '2026-11-02"
             " 10:00:07.250'"
             f" WHERE id = {number}"]
    for position in range(1, count + 1):
        steps.append("INSERT INTO outputs (job_id, position, kind, url)"
                     f" VALUES ({number}, {position}, 'image', 'https://x/{number}/{position}')")
        steps.append(f"UPDATE outputs SET state = 'done', downloaded_at = '{T}', path ="
                     f" '{number}-{position}.png',"
                     f" bytes = 10, sha256 = '{'0a' * 32}', media_type = 'image/png'"
                     f" WHERE job_id = {number} AND position = {position}")
    steps.append(f"UPDATE jobs SET state = 'completed', ended_at = '2026-11-02 10:00:09.000' WHERE id ="
                 f" {number}")
    return steps


# An address that cannot be compressed.
LONG = "".join(hashlib.sha256(bytes([part])).hexdigest() for part in range(200))
# 16 MiB and two bytes, written so that it is made by either engine.
LARGE = "'{\"' || replace('" + "x" * 4096 + "', 'x', '" + "y" * 4096 + "') || '\":1}'"

# What a statement of a person may do, and how it is refused. Jobs 1 to 3 are queued, completed, failed.
STATEMENTS = [
    (job(), None),
    ("INSERT INTO input_files (job_id, path, name, original)"
     " VALUES (2, '$.a', 'n', '/a'), (3, '$.b', 'n', NULL)", None),
    (job(", 5, 'l', 'k1', '2027-01-01 00:00:00.000', 'waived', 'held'",
         ", priority, label, key, not_before, validation, state"), None),
    (job(", 'k1'", ", key"), "unique"),
    (job(", ''", ", key"), "key is not empty"),
    (job(model=""), "model is 1 to 256 plain characters"),
    (job(model="a b"), "model is 1 to 256 plain characters"),
    (job(model="a\u00e9"), "model is 1 to 256 plain characters"),
    (job(model="m" * 256), None),
    (job(model="m" * 257), "model is 1 to 256 plain characters"),
    *[(job(source=source), "input is a JSON object")
      for source in ("", "{", "[]", "1", "null", '{"a":1,}', "{'a':1}")],
    (job(source='{"a":"' + "x" * (1 << 16) + '"}'), None),
    ("INSERT INTO jobs (model, input) VALUES ('m', " + LARGE + ")", "an input holds at most 16 MiB"),
    ("UPDATE jobs SET input = " + LARGE + " WHERE id = 1", "an input holds at most 16 MiB"),
    ("INSERT INTO jobs (input) VALUES ('{}')", "null"),
    ("INSERT INTO jobs (model) VALUES ('m')", "null"),
    *[(job(f", {text(value)}", f", {column}"), "a new job may set only model, input, priority, label, key")
      for column, value in [
          ("id", 77), ("request_id", "r"), ("remote_status", "s"), ("queue_position", 1), ("submissions", 1),
          ("cancel_requested_at", T), ("error_message", "m"), ("price_usd", 1.5), ("cost_usd", 1.5),
          ("created_at", T), ("submitted_at", T), ("started_at", T), ("finished_at", T), ("ended_at", T),
          ("next_try_at", T), ("followed_since", T), ("input_removed_at", T), ("origin", "o"),
          ("waits_for", 1)]],
    (job(", 'completed'", ", state"), "a new job is queued or held"),
    (job(", 'nonsense'", ", state"), "a new job is queued or held"),
    (job(", 'x'", ", validation"), "validation is pending, passed or waived"),
    *[(job(f", '{moment}'", ", not_before"), "not_before is a time in UTC, written like")
      for moment in ("2026-01-31", "2026-02-30 00:00:00.000", "2027-02-29 00:00:00.000",
                     "2026-01-31 24:00:00.000",
                     "2026-01-31T18:00:00.000", "2026-01-31 18:00:00", "2026-1-31 18:00:00.000", "",
                     "2026-01-31 18:00:00.000;2026-01-31 18:00:00.000", "2026-13-01 00:00:00.000")],
    *[(job(f", '{moment}'", ", not_before"), None)
      for moment in ("2028-02-29 23:59:59.999", "2000-02-29 00:00:00.000", "9999-12-31 23:59:59.999")],
    (job(", '1900-02-29 00:00:00.000'", ", not_before"), "not_before is a time in UTC"),
    ("UPDATE jobs SET id = 99 WHERE id = 1", "a job keeps its id"),
    ("UPDATE jobs SET state = 'done' WHERE id = 1", "there is no such state; change it with jobctl"),
    ("UPDATE jobs SET state = 'completed' WHERE id = 1", "check"),
    ("UPDATE jobs SET state = 'uncertain' WHERE id = 1", "check"),
    ("UPDATE jobs SET state = 'in_queue' WHERE id = 1", "check"),
    ("UPDATE jobs SET submissions = 7 WHERE id = 1", "submissions count the POSTs of a job"),
    ("UPDATE jobs SET waits_for = 2 WHERE id = 1", "waits_for is counted, not set"),
    ("UPDATE jobs SET validation = 'no' WHERE id = 1", "validation is pending, passed or waived"),
    ("UPDATE jobs SET not_before = 'soon' WHERE id = 1", "not_before is a time in UTC"),
    ("UPDATE jobs SET not_before = '2027-01-01 00:00:00.000' WHERE id = 1", None),
    ("UPDATE jobs SET next_try_at = 'x' WHERE id = 1", "check"),
    ("UPDATE jobs SET error_kind = 'input' WHERE id = 1", "check"),
    ("UPDATE jobs SET error_kind = 'x' WHERE id = 3", "check"),
    ("UPDATE jobs SET price_usd = -1 WHERE id = 1", "check"),
    ("UPDATE jobs SET input = '[]' WHERE id = 1", "input is a JSON object"),
    ("UPDATE jobs SET input = '{\"a\":2}' WHERE id = 1", None),
    ("UPDATE jobs SET origin = 'https://x' WHERE id = 1", "check"),
    (f"UPDATE jobs SET input_removed_at = '{T}' WHERE id = 1", "check"),
    ("UPDATE jobs SET label = 'new', priority = -3 WHERE id = 1", None),
    ("UPDATE jobs SET request_id = 'q' WHERE id = 1", "a request that jobd did not send is for a new job"),
    ("UPDATE jobs SET request_id = 'r2-1' WHERE id = 3", "unique"),
    ("UPDATE jobs SET request_id = 'bad id' WHERE id = 2", "check"),
    ("UPDATE jobs SET key = 'k1' WHERE id = 1", "unique"),
    ("UPDATE jobs SET key = 'k1' WHERE id = 3", None),
    (f"UPDATE jobs SET state = 'queued', ended_at = NULL, error_kind = NULL, request_id = NULL,"
     f" followed_since = NULL, submitted_at = NULL WHERE id = 3", "unique"),
    ("DELETE FROM jobs WHERE id = 1", "a job that has not ended cannot be deleted"),
    ("INSERT INTO outputs (job_id, position, kind, url) VALUES (999, 1, 'image', 'u')", "reference"),
    ("INSERT INTO outputs (job_id, position, kind, url) VALUES (2, 0, 'image', 'u')", "check"),
    ("INSERT INTO outputs (job_id, position, kind, url) VALUES (2, 9, 'text', 'u')", "check"),
    ("INSERT INTO outputs (job_id, position, kind, url) VALUES (2, 1, 'image', 'u')", "unique"),
    ("INSERT INTO outputs (job_id, position, kind, url) VALUES (2, 9, 'image', 'https://x/2/1')", "unique"),
    ("INSERT INTO outputs (job_id, position, kind, url) VALUES (2, 9, 'image', '" + LONG + "')", None),
    ("UPDATE outputs SET state = 'pending' WHERE job_id = 2", "check"),
    ("DELETE FROM outputs WHERE position = 9", None),
    ("UPDATE outputs SET sha256 = 'AB' WHERE job_id = 2", "check"),
    ("UPDATE outputs SET path = NULL WHERE job_id = 2", "check"),
    ("UPDATE outputs SET object = 's3://b' WHERE job_id = 2", "check"),
    ("UPDATE outputs SET local = 'gone' WHERE job_id = 2", "check"),
    ("UPDATE outputs SET object = 's3://b/c', local = 'gone' WHERE job_id = 2 AND position = 2", None),
    ("UPDATE outputs SET local = 'away' WHERE job_id = 2", "check"),
    (f"UPDATE outputs SET removed_at = '{T}' WHERE job_id = 2 AND position = 2", None),
    ("UPDATE outputs SET picked_at = 'soon' WHERE job_id = 2", "check"),
    ("INSERT INTO events (id, job_id, kind) VALUES (5, 1, 'fault')",
     "the id of an event is not to be chosen"),
    ("INSERT INTO events (job_id, kind) VALUES (1, 'other')", "check"),
    ("INSERT INTO events (job_id, kind, detail) VALUES (1, 'fault', '{')", "check"),
    ("INSERT INTO events (job_id, kind, detail) VALUES (999, 'fault', '{}')", "reference"),
    ("INSERT INTO events (job_id, kind, detail) VALUES (NULL, 'fault', '[1]')", None),
    ("UPDATE events SET kind = 'fault'", "events are never changed"),
    ("DELETE FROM events WHERE job_id = 1", "events go only with their job"),
    ("DELETE FROM events WHERE job_id IS NULL", None),
    (f"INSERT INTO charges (job_id, submission, at, model) VALUES (1, 1, '{T}', 'm')",
     "charges are made by jobd alone"),
    (f"INSERT INTO charges (job_id, submission, at, model) VALUES (2, 2, '{T}', 'm')",
     "charges are made by jobd alone"),
    ("UPDATE charges SET estimated_usd = 9", "a charge is never changed, but for reported_usd"),
    ("UPDATE charges SET label = 'z'", "a charge is never changed, but for reported_usd"),
    ("UPDATE charges SET reported_usd = 0.0000000015 WHERE job_id = 2", None),
    ("UPDATE charges SET reported_usd = NULL WHERE job_id = 2",
     "a charge is never changed, but for reported_usd"),
    ("UPDATE charges SET reported_usd = 1e300 WHERE job_id = 2", None),
    ("UPDATE charges SET reported_usd = 0.125 WHERE job_id = 2", None),
    ("DELETE FROM charges", "charges are kept: they say what was spent"),
    ("INSERT INTO pauses (reason, detail) VALUES ('whim', 'd')", "check"),
    ("INSERT INTO models (model, document, updated_at) VALUES ('m', '{', '2026-11-02 10:00:00.000')",
     "check"),
    ("INSERT INTO models (model, document, updated_at) VALUES ('m', '{}', '2026-11-02')", "check"),
    ("INSERT INTO removed_objects (object) VALUES ('s3://b/')", "check"),
    (f"UPDATE jobs SET input = '{{}}', input_removed_at = '{T}' WHERE id = 2", None),
    (f"UPDATE jobs SET state = 'submitting', submitted_at = '{T}' WHERE id = 1", None),
    (f"UPDATE jobs SET state = 'uncertain', submissions = 1 WHERE id = 1", None),
    (f"UPDATE jobs SET state = 'queued', submitted_at = NULL WHERE id = 1", None),
    ("DELETE FROM jobs WHERE id IN (2, 3)", None),
    ("DELETE FROM charges WHERE job_id = 2", "charges are kept: they say what was spent"),
]


def guards(both):
    both.change(job())
    for number in (2, 3):
        both.change(job(source='{"prompt":"it''s"}'))
        for statement in sent(number):
            both.change(statement)
    for statement in finished(2):
        both.change(statement)
    both.change(f"UPDATE jobs SET state = 'failed', error_kind = 'remote', error_message = 'm', ended_at"
                f" = '{T}'"
                " WHERE id = 3")
    both.same_tables()
    for statement, kind in STATEMENTS:
        both.change(statement, kind)
        both.same_tables(["input_files"])
    # SQLite does not count what a trigger did instead.
    both.change("INSERT INTO charge_changes (day, label, nanos) VALUES ('2026-01-01', 'x', 5),"
                " ('2026-01-01', NULL, 2)",
                counted=False)
    both.same_tables()


# The inputs of jobs after job 1 (queued), 2 (completed with two outputs) and 3 (cancelled).
REFERENCES = [
    ('{"a":"job:1"}', None), ('{"a":"job:2/2"}', None),
    ('{"l":["job:1/all","job:2","x"],"b":{"c d":"job:2/pick"}}', None),
    ('{"a":"job:2/3"}', "a reference names an output that its job did not make"),
    ('{"a":"job:3"}', "a reference names a job that has failed or was cancelled"),
    ('{"a":"job:999"}', "a reference names a job that is not there"),
    *[(f'{{"a":"{value}"}}', "a reference is job:ID, job:ID/N, job:ID/all or job:ID/pick")
      for value in ("job:01", "job:1/", "job:1/0", "job:1/x", "job:1/1/1", "job:1234567890123456789",
                    "job:1x",
                    "job:1/1234567890", "job:1\u00e9")],
    ('{"a":"job:"}', None), ('{"a":"job:x"}', None), ('{"a":"job:1 "}', None), ('{"a":"job:1\\tx"}', None),
    ('{"a":"a job:1"}', None), ('{"a":"job\\u003a1"}', None), ('{"a":"\\u006aob:1"}', None),
    ('{"a":"job:\\u0031"}', None), ('{"job:1":2}', None),
    ('{"a b":"job:1"}', None), ('{"":"job:1"}', None), ('{"a.b":"job:1","c[0]":"job:1"}', None),
    ('{"a\\"b":"job:1"}', "the key of a reference is written without escapes"),
    ('{"\\u0061":"job:1"}', "the key of a reference is written without escapes"),
    ('{"a\\\\b":"job:1"}', "the key of a reference is written without escapes"),
    ('{"a\\"b":["x",{"y":1}],"c":"job:1","d":"\\\\","e":"\\u0000\\ud800"}', None),
    ('{"a.b":"job:1","a":{"b":"job:1"}}', "two references have the same path: rename one of the keys"),
    ('{"a":"job:1","a":"job:2"}', "two references have the same path: rename one of the keys"),
    (' {\n"a" : [ [ "job:1" , [ "job:2/2" ] ] ] }', None), ('{"\u00e9":{"x":["job:1/all"]}}', None),
]

CHAINS = [
    ("INSERT INTO links (job_id, path, source_id, output) VALUES (4, '$.z', 1, '1')",
     "links are made of the references"),
    ("INSERT INTO links (job_id, path, source_id, output) VALUES (4, '$.a', 1, '1')",
     "two references have the same path"),
    ("INSERT INTO links (job_id, path, source_id, output) VALUES (1, '$.z', 2, '1')",
     "links are made of the references"),
    ("UPDATE links SET output = '2' WHERE job_id = 4", "links are what the input says"),
    ("UPDATE links SET source_id = source_id", "links are what the input says"),
    (f"UPDATE links SET resolved_at = '{T}', sent = '[1]' WHERE job_id = 5", None),
    ("UPDATE links SET sent = '[' WHERE job_id = 5", "check"),
    ("DELETE FROM links", "links are kept"),
    ("INSERT INTO written_references (job_id) VALUES (4)", "two references have the same path"),
    ("UPDATE jobs SET input = '{\"a\":1}' WHERE id = 4", "an input with references is never changed"),
    ("UPDATE jobs SET input = '{\"a\":\"job:2\"}' WHERE id = 1", "an input with references is never changed"),
    ("UPDATE jobs SET waits_for = 0 WHERE id = 4", "waits_for is counted, not set"),
    ("DELETE FROM jobs WHERE id = 2", "other jobs wait for this one"),
    ("DELETE FROM outputs WHERE job_id = 2", "other jobs wait for this one"),
    (f"UPDATE outputs SET picked_at = '{T}' WHERE job_id = 2", None),
    ("UPDATE outputs SET picked_at = NULL WHERE job_id = 2 AND position = 1", None),
    *[(statement, None) for statement in sent(1) + finished(1, 1)],
    (f"UPDATE jobs SET state = 'downloading', ended_at = NULL WHERE id = 1", None),
    ("UPDATE jobs SET state = 'completed', ended_at = '2026-11-02 10:00:09.000' WHERE id = 1", None),
    *[(statement, None) for statement in sent(4)],
    (f"UPDATE links SET resolved_at = '{T}' WHERE job_id = 4", None),
    (f"UPDATE jobs SET state = 'failed', error_kind = 'remote', error_message = 'm', ended_at = '{T}'"
     " WHERE id = 4", None),
    ("UPDATE jobs SET state = 'queued', ended_at = NULL, error_kind = NULL, request_id = NULL,"
     " followed_since = NULL,"
     " submitted_at = NULL WHERE id = 4", None),
]


def chains(both):
    for _ in range(3):
        both.change(job(source='{"prompt":"source"}'))
    for statement in sent(2) + finished(2):
        both.change(statement)
    both.change(f"UPDATE jobs SET state = 'cancelled', ended_at = '{T}' WHERE id = 3")
    for source, kind in REFERENCES:
        both.change(job(source=source), kind)
    both.same_tables()
    for statement, kind in CHAINS:
        both.change(statement, kind)
        both.same_tables(["jobs", "links", "missing_sources", "changed_picks"])
    both.change("INSERT INTO missing_sources (job_id) VALUES (4)", counted=False)
    both.same_tables()


class Life:
    """Statements at random, sensible ones more often than not."""

    def __init__(self, chance):
        self.chance = chance
        self.labels = [None, "l", "m\u00e9"]

    def time(self):
        day, second, part = (self.chance.randint(*bounds) for bounds in ((1, 3), (10, 59), (100, 999)))
        return text(f"2026-11-0{day} 10:00:{second}.{part}")

    def source(self, last):
        values = ["x", 5, True, None, "job:%d" % self.chance.randint(1, last + 1)]
        part = self.chance.choice(["1", "2", "all", "pick"])
        values.append(f"job:{self.chance.randint(1, last + 1)}/{part}")
        document = {"prompt": self.chance.choice(["p", "q\u00e9"])}
        for key in self.chance.sample(["a", "b c", "l"], self.chance.randint(0, 2)):
            value = self.chance.choice(values)
            document[key] = [value, self.chance.choice(values)] if key == "l" else value
        return json.dumps(document, ensure_ascii=False)

    def statement(self, last):
        chance, number = self.chance, self.chance.randint(max(1, last - 25), last)
        of = f"WHERE id = {number}"
        place = f"WHERE job_id = {number} AND position = {chance.randint(1, 3)}"
        moment = self.time()
        submission = chance.randint(1, 2)
        return chance.choice([
            lambda: job(f", {text(chance.choice(self.labels))},"
                        f" {text(chance.choice([None, 'k%d' % number]))}",
                        ", label, key", source=self.source(last)),
            lambda: job(source=self.source(last)),
            lambda: f"UPDATE jobs SET state = 'submitting', submitted_at = {moment} {of} AND state ="
                    " 'queued'",
            lambda: "INSERT INTO charges (job_id, submission, at, model, estimated_usd, label) SELECT id,"
                    f" submissions + 1, {moment}, model, {chance.choice(['NULL', '0.1', '0.7'])}, label"
                    f" FROM jobs {of}",
            lambda: f"UPDATE jobs SET state = 'in_queue', submissions = submissions + 1, followed_since ="
                    f" {moment},"
                    f" request_id = 'r{number}-{submission}' {of} AND state = 'submitting'",
            lambda: f"UPDATE jobs SET state = 'uncertain', submissions = submissions + 1 {of} AND state ="
                    " 'submitting'",
            lambda: f"UPDATE jobs SET state = 'queued', submitted_at = NULL {of} AND state IN"
                    " ('submitting', 'uncertain')",
            lambda: f"UPDATE jobs SET state = 'downloading', finished_at = {moment} {of} AND state ="
                    " 'in_queue'",
            lambda: "INSERT INTO outputs (job_id, position, kind, url) SELECT id, position, 'image', 'u'"
                    " || position"
                    " FROM jobs, (SELECT 1 AS position UNION ALL SELECT 2) AS places"
                    f" {of} AND state = 'downloading'",
            lambda: f"UPDATE outputs SET state = 'done', downloaded_at = {moment}, path = 'p{number}',"
                    " bytes = 3,"
                    f" sha256 = '{'0' * 64}', media_type = 'm' {place}",
            lambda: f"UPDATE jobs SET state = 'completed', ended_at = {moment} {of} AND state ="
                    " 'downloading'",
            lambda: f"UPDATE jobs SET state = 'completed', ended_at = {moment} {of}",
            lambda: f"UPDATE jobs SET state = 'cancelled', ended_at = {moment} {of}",
            lambda: f"UPDATE jobs SET state = 'failed', ended_at = {moment}, error_kind = 'remote',"
                    f" error_message = 'm' {of}",
            lambda: "UPDATE jobs SET state = 'queued', ended_at = NULL, error_kind = NULL, request_id = NULL,"
                    f" followed_since = NULL, submitted_at = NULL {of}",
            lambda: f"UPDATE jobs SET state = 'downloading', ended_at = NULL {of} AND state = 'completed'",
            lambda: f"UPDATE outputs SET picked_at = {chance.choice([moment, 'NULL'])} {place}",
            lambda: f"UPDATE links SET resolved_at = {moment}, sent = '[1]' WHERE job_id = {number}",
            lambda: f"UPDATE charges SET reported_usd = {chance.choice(['0.2', '0.30000001', 'NULL'])}"
                    f" WHERE job_id = {number}",
            lambda: f"DELETE FROM charges WHERE job_id = {number}",
            lambda: f"DELETE FROM jobs {of}",
            lambda: f"DELETE FROM outputs {place}",
            lambda: f"UPDATE jobs SET label = {text(chance.choice(self.labels))}, key = NULL {of}",
            lambda: f"UPDATE jobs SET input = '{{}}', input_removed_at = {moment} {of}",
        ])()


def lives(both, chance):
    life = Life(chance)
    done = 0
    both.change(job())
    for step in range(2500):
        last = both.sqlite.rows("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'")[0][0]
        done += both.attempt(life.statement(last))
        if step % 100 == 99:
            both.same_tables()
    if done < 800:
        both.fault(f"only {done} statements of the lives were done")


# What may be wrong in a column of a row; each must be refused by both or by none.
ODD = {
    "jobs": {
        "id": [0, -1],
        "state": ["held", "queued", "submitting", "uncertain", "in_queue", "in_progress", "downloading",
                  "completed", "failed", "cancelled", "x", None],
        "model": ["", "a b", "m"], "input": ["[]", "x"], "label": ["", "l"], "key": ["", "k"],
        "validation": ["pending", "passed", "waived", "x", None],
        "request_id": [None, "r", "bad id", "", "r" * 128, "r" * 129], "submissions": [0, 1, -1, None],
        "error_kind": [None, "input", "remote", "lost", "output", "download", "deadline", "x"],
        "error_message": [None, "m"], "price_usd": [None, 0.0, -0.1, 1e300], "cost_usd": [None, -1.0],
        "waits_for": [0, 1, -1], "origin": [None, "", "o" * 512, "o" * 513], "priority": [-5, None],
        "queue_position": [-1],
        **{name: [None, T, "", T + ";", "2026-02-29 00:00:00.000"] for name in (
            "not_before", "cancel_requested_at", "created_at", "submitted_at", "started_at", "finished_at",
            "ended_at", "next_try_at", "followed_since", "input_removed_at")},
    },
    "outputs": {
        "position": [0, None], "kind": ["image", "video", "audio", "file", "x"], "url": [None, ""],
        "path": [None, "p"], "bytes": [None, 0, -1], "sha256": [None, "0" * 64, "0" * 63, "A" * 64],
        "media_type": [None, "m"], "width": [None, 0, 1], "height": [0, 1], "duration_s": [0.0, -0.5, None],
        "state": ["pending", "done", "failed", "x"],
        "downloaded_at": [None, T, "x"], "attempts": [-1, 1, None],
        "fetched": [-1, 1], "removed_at": [None, T, "x"], "picked_at": [T, "x"],
        "object": [None, "s3://b/c", "s3://b", "s3:///c", "s3://b/"],
        "local": [None, "leaving", "gone", "x"],
    },
}


def checks(both, chance):
    """Rows with one or two columns changed, without any guard: what the CHECKs alone refuse."""
    for (name,) in both.sqlite.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        both.sqlite.rows(f"DROP TRIGGER {name}")
    both.postgres.rows("SET jobd.moving = 'on'")
    done = 0
    for number in range(1, 1501):
        table = "jobs" if number == 1 else chance.choice(["jobs", "jobs", "outputs"])
        state = chance.choice(ODD[table]["state"][:10])
        over = state in ("completed", "failed", "cancelled")
        bought = over or state in ("in_queue", "in_progress", "downloading")
        row = {
            "id": number, "model": "m", "input": "{}", "created_at": T, "state": state,
            "submitted_at": T if bought or state in ("submitting", "uncertain") else None,
            "request_id": f"r{number}" if bought else None, "followed_since": T if bought else None,
            "submissions": 1 if bought or state == "uncertain" else 0, "ended_at": T if over else None,
            "error_kind": "remote" if state == "failed" else None,
            "error_message": "m" if state == "failed" else None,
        } if table == "jobs" else {"job_id": 1, "position": number, "kind": "file", "url": f"u{number}"}
        if table == "outputs" and chance.random() < 0.6:
            row |= {"state": "done", "downloaded_at": T, "path": "p", "bytes": 1, "sha256": "0" * 64,
                    "media_type": "m"}
        for column in chance.sample(sorted(ODD[table]), chance.randint(0, 2) if number > 1 else 0):
            row[column] = chance.choice(ODD[table][column])
        values = ", ".join(map(text, row.values()))
        done += both.attempt(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")
    if not 300 < done < 1200:
        both.fault(f"{done} of the rows were taken")


def some(chance, letters, length):
    return "".join(chance.choice(letters) for _ in range(chance.randint(0, length)))


def document(chance, depth=0):
    """A random JSON value without a key twice, and without what no text of PostgreSQL can hold."""
    kind = chance.randint(0, 7 if depth < 3 else 4)
    if kind == 0:
        return chance.choice(["true", "false", "null"])
    if kind == 1:
        return chance.choice(["0", "-1", "12", "1.5", "-0.25", "1e3", "9007199254740993"])
    if kind <= 4:
        pieces = ["a", "job:1", "job:12/all", "\\n", "\\\\", '\\"', "\\u00e9", "\\ud83d\\ude00", "\u00e9",
                  "/", "x y"]
        return '"' + "".join(chance.choice(pieces) for _ in range(chance.randint(0, 3))) + '"'
    if kind == 5:
        return "[" + ",".join(document(chance, depth + 1) for _ in range(chance.randint(0, 3))) + "]"
    keys = chance.sample(["a", "b", "c1", "d e", "\u00e9", "f.g", "prompt"], chance.randint(0, 4))
    return "{" + ", ".join(f'"{key}": {document(chance, depth + 1)}' for key in keys) + "}"


def functions(both, chance):
    for _ in range(60):
        rows = []
        for _ in range(25):
            pattern, value = some(chance, "ab*?[]^-c\\.\u00e9$(", 7), some(chance, "abc]^-[\\.\u00e9$\n", 6)
            members, value_of = "[" + some(chance, "[]^-ab", 4) + "]", chance.choice("[]^-ab")
            rows.append(f"glob({text(members)}, {text(value_of)})")
            rows.append(f"glob({text(pattern)}, {text(value)})")
            rows.append(f"instr({text(value)}, {text(some(chance, 'ab', 2))})")
        both.same("SELECT " + ", ".join(rows))
    for _ in range(60):
        rows = []
        for _ in range(10):
            value = document(chance)
            path = "$" + "".join(chance.choice([".a", ".b", ".c1", '."d e"', "[0]", "[1]", ".prompt"])
                                 for _ in range(chance.randint(1, 3)))
            rows.append(f"json_type({text(value)}), json_type({text(value)}, '{path}')")
            rows.append(f"CASE json_type({text(value)}, '{path}') WHEN 'text'"
                        f" THEN json_extract({text(value)}, '{path}') END")
            place = chance.randint(0, len(value) - 1)
            sign = chance.choice(['"', "\\", ",", "{", "]", "0", "e", "", "u"])
            broken = value[:place] + sign + value[place + 1:]
            rows.append(f"json_valid({text(value)}), json_valid({text(broken)})")
        both.same("SELECT " + ", ".join(rows))
    numbers = [f"'{chance.uniform(-1e3, 1e3):.7f}'" for _ in range(50)]
    both.same("SELECT " + ", ".join(f"round(CAST({n} AS DOUBLE PRECISION), 3)" for n in numbers))
    both.same("SELECT round(CAST(2.5 AS DOUBLE PRECISION), 0), round(CAST(-0.5 AS DOUBLE PRECISION), 0)")
    both.same("SELECT value FROM json_each('[\"a\\u00e9\\\"\",\"\",\"job:1\"]')")
    both.same("SELECT CAST(value AS BIGINT) FROM json_each('[3,1,2]')")
    both.same("SELECT count(*) FROM json_each(CAST(NULL AS TEXT))")
    both.same("SELECT total(a) FROM (SELECT CAST(NULL AS DOUBLE PRECISION) AS a) AS n")
    both.same("SELECT min('a', 'b'), max('a', 'B'), min(3, 2), max(3, 2), min('a', NULL), iif(1 = 1, 'x',"
              " 'y')")
    moments = []
    for _ in range(100):
        parts = ((0, 9999), (1, 12), (1, 28), (0, 23), (0, 59), (0, 59), (0, 999))
        numbers = [chance.randint(*bounds) for bounds in parts]
        moments.append("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}".format(*numbers))
    both.same("SELECT " + ", ".join(f"round((julianday('{m}') - 2450000) * 86400, 3)" for m in moments))


def unreadable(both):
    """What PostgreSQL cannot hold as text must spoil nothing else. (SQLite gives a text with a NUL.)"""
    source = '{"prompt":"a\\u0000b","x":"\\ud800","text":"\\\\u0000","n":{"k":["\\udc00\\ud83d\\ude00"]}}'
    paths = ("$.prompt", "$.x", "$.text", "$.n.k[0]")
    answers = both.postgres.rows("SELECT " + ", ".join(f"json_extract({text(source)},"
                                                       f" '{path}')" for path in paths))
    if answers != [("a\ufffdb", "\ufffd", "\\u0000", "\ufffd\U0001f600")]:
        both.fault("unreadable characters", str(answers))


def refused(both, session, sql, words):
    both.checks += 1
    try:
        session.rows(sql)
        both.fault(sql, "was not refused")
    except Refused as refusal:
        if not refusal.text.startswith(words) and refusal.kind != words:
            both.fault(sql, str(refusal))


def expect(both, session, sql, rows):
    both.checks += 1
    try:
        found = session.rows(sql)
    except Refused as refusal:
        found = refusal
    if found != rows:
        both.fault(sql, f"expected {rows}", f"found {found}")


def own(both):
    """What only the shared store has."""
    session = both.postgres
    for table, words in (("jobs", "jobs are not"), ("outputs", "outputs are not"),
                         ("events", "events are not"),
                         ("charges", "charges are kept"), ("links", "links are kept")):
        refused(both, session, f"TRUNCATE {table} CASCADE", words)
    session.rows("LISTEN jobd")
    session.notices.clear()
    number = int(session.rows(job() + " RETURNING id")[0][0])
    session.rows("SELECT 1")
    if session.notices != ["jobd"]:
        both.fault("an enqueue notifies once", str(session.notices))
    refused(both, session, job(", 1", ", owner"), "a new job may set only")
    refused(both, session, f"UPDATE jobs SET owner = 1 WHERE id = {number}", "check")
    first, charge, second = sent(number)
    session.rows("SET jobd.daemon = '7'; SET jobd.host = 'here'")
    session.rows(first)
    expect(both, session, f"SELECT owner FROM jobs WHERE id = {number}", [("7",)])
    session.rows("SET jobd.daemon = ''")
    session.rows(charge)
    session.rows(second)
    expect(both, session, f"SELECT owner FROM jobs WHERE id = {number}", [("7",)])
    session.rows("SET jobd.daemon = '8'")
    refused(both, session, finished(number, 1)[0], "another jobd follows the job")
    session.rows(f"UPDATE jobs SET owner = 8 WHERE id = {number}")
    for statement in finished(number, 1)[:-1]:
        session.rows(statement)
    expect(both, session, f"SELECT owner, (SELECT host FROM outputs WHERE job_id = id) FROM jobs WHERE id"
                          f" = {number}",
           [("8", "here")])
    session.rows(finished(number, 1)[-1])
    expect(both, session, f"SELECT owner FROM jobs WHERE id = {number}", [(None,)])
    session.rows(f"UPDATE outputs SET state = 'pending', downloaded_at = NULL WHERE job_id = {number}")
    expect(both, session, f"SELECT host FROM outputs WHERE job_id = {number}", [(None,)])
    refused(both, session, "INSERT INTO daemons (host, state_dir, lease_until, settings)"
            " VALUES ('h', '/', now(), '{')", "check")
    refused(both, session, f"UPDATE jobs SET cost_usd = 'NaN' WHERE id ="
                           f" {number}", "words and numbers of a job")


def others(both):
    """Other sessions: the lock, another search_path, a user who does not own the store."""
    session = both.postgres
    schema = both.schema
    other = Postgres(both.server)
    other.rows("SET search_path = public")
    other.rows(f"INSERT INTO {schema}.jobs (model, input) VALUES ('a', '{{\"prompt\":\"x\"}}')")
    last = int(other.rows(f"SELECT max(id) FROM {schema}.jobs")[0][0])
    other.rows(f"INSERT INTO {schema}.jobs (model, input) VALUES ('a', '{{\"a\":\"job:{last}\"}}')")
    expect(both, other, f"SELECT waits_for FROM {schema}.jobs WHERE id = {last + 1}", [("1",)])
    refused(both, other, f"UPDATE {schema}.jobs SET waits_for = 0 WHERE id ="
                         f" {last + 1}", "waits_for is counted")
    expect(both, other, f"SELECT output FROM {schema}.missing_sources WHERE job_id = {last + 1}", [("1",)])
    # Whoever writes holds the lock until the end: an event, a job and an output wait for it.
    session.rows("BEGIN; INSERT INTO events (kind) VALUES ('fault')")
    other.rows("SET lock_timeout = '50ms'")
    for statement in (f"INSERT INTO {schema}.jobs (model, input) VALUES ('a', '{{}}')",
                      f"UPDATE {schema}.outputs SET fetched = 1", f"DELETE FROM {schema}.jobs WHERE id = -1",
                      f"INSERT INTO {schema}.events (kind) VALUES ('fault')",
                      f"SELECT pg_advisory_xact_lock(hashtextextended('jobd {schema}', 0))"):
        refused(both, other, statement, "55P03")
    session.rows("COMMIT")
    other.rows(f"INSERT INTO {schema}.events (kind) VALUES ('fault')")
    session.rows("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    session.rows(f"GRANT USAGE ON SCHEMA {schema} TO guest; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO"
                 " guest;"
                 f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO guest")
    guest = Postgres(both.server, schema, "guest")
    guest.rows("SET jobd.moving = 'on'")
    guest.rows(job())
    refused(both, guest, job(", 5", ", submissions"), "a new job may set only")
    expect(both, guest, "SELECT count(*) FROM events WHERE job_id = (SELECT max(id) FROM jobs)", [("1",)])
    guest.close()
    other.close()


def move(source, server):
    """Every row of a SQLite store is moved as it is; then all views and texts are those of SQLite."""
    both = Both(server, "moved")
    both.sqlite = source
    session = both.postgres
    session.rows("SET jobd.moving = 'on'")
    names = ("jobs", "outputs", "events", "charges", "links", "left_files", "input_files", "charge_sums",
             "changed_picks", "removed_objects", "models", "marks", "daemon_settings", "pauses")
    for name in names:
        columns = [row[1] for row in source.rows(f"PRAGMA table_info({name})")]
        for row in source.rows(f"SELECT {', '.join(columns)} FROM {name}"):
            session.rows(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(map(text, row))})")
    both.align()
    session.rows("SET jobd.moving = ''")
    for name in (*names, "history", "files", "spending"):
        columns = [row[1] for row in source.rows(f"PRAGMA table_info({name})")]
        both.same(f"SELECT {', '.join(columns)} FROM {name} ORDER BY {', '.join(columns[:2])}")
    both.same_tables()
    both.change(job(source='{"a":"job:1"}' if source.rows("SELECT 1 FROM jobs WHERE id = 1 AND state <>"
                                                          " 'failed'"
                                                          " AND state <> 'cancelled'") else "{}"))
    return both


def columns(both):
    """The order of the columns is SQLite's, and what only this store has comes last."""
    for (table,) in both.sqlite.rows("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
                                     " AND name NOT LIKE 'sqlite%'"):
        names = [row[1] for row in both.sqlite.rows(f"PRAGMA table_xinfo({table})")]
        found = [row[0] for row in both.postgres.rows(
            f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 ORDER"
            " BY attnum")]
        extra = {"jobs": ["owner"], "outputs": ["host"]}.get(table, [])
        both.checks += 1
        if found != names + extra:
            both.fault(f"columns of {table}", str(names), str(found))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    chance = random.Random(seed)
    server = Server()
    try:
        stores = []
        for name, part in (("guards", guards), ("chains", chains)):
            stores.append(Both(server, name))
            part(stores[-1])
        columns(stores[0])
        own(stores[0])
        others(stores[1])
        stores.append(Both(server, "checks"))
        checks(stores[2], chance)
        stores.append(Both(server, "lives"))
        lives(stores[3], chance)
        functions(stores[3], chance)
        unreadable(stores[3])
        stores.append(move(stores[3].sqlite, server))
    finally:
        server.stop()
    faults = sum(len(store.faults) for store in stores)
    print(f"{sum(store.checks for store in stores)} checks, {faults} differences (seed {seed})")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
