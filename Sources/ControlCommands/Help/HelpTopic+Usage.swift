internal import CommandLineTool

/// What is typed, and what is printed.
extension HelpTopic {
    static let selections = HelpTopic(
        "selections", "how to say which jobs are meant",
        .list([
            ("12 14", "these"), ("12-20", "those that exist from 12 to 20"),
            ("1,3-5", "several in one word"), ("-", "ids on standard input"),
            ("--state STATE", "in this state; several by commas, or given again"),
            (
                "--model MODEL",
                "of this model, or the known one that ends so; with a trailing *, all that begin so"
            ),
            ("--label TEXT", "with exactly this label"),
        ]),
        .text(
            """
            Ids and filters cannot be combined. A verb that changes jobs says how many a filter means and \
            asks; without a terminal it needs --yes. --dry-run only shows them. A filter without --state \
            means the jobs in which the verb has something to do.
            """),
        .code([
            "jobctl cancel 12 14-20", "jobctl hold --model 'bytedance/*' --dry-run",
            "jobctl list --label old -q | jobctl set - --label new",
        ]))

    static let times = HelpTopic(
        "times", "how to write moments and spans",
        .list([
            ("2h", "from now, or ago if the past is meant; units are ms, s, m, h, d, w, also 1h30m"),
            ("18:00", "the next such time here, or the last one if the past is meant"),
            ("2026-01-31", "that day here, from midnight"),
            ("2026-01-31 18:00", "local time; seconds may follow"),
            ("2026-01-31T18:00:00Z", "RFC 3339, with Z or an offset"),
            ("2026-01-31 18:00:00.000", "as in the database: UTC"),
        ]),
        .code([
            "jobctl list --since 09:00", "jobctl set 12 --not-before '2026-01-31 18:00'",
            "jobctl wait 12 --timeout 5m",
        ]))

    static let output = HelpTopic(
        "output", "what is printed where, for people and for programs",
        .text(
            """
            Data goes to standard output, messages to standard error. On a terminal there are tables and \
            colours (none under NO_COLOR). In a pipe, columns are separated by tabs, without a heading, and \
            nothing is cut; times are UTC. Hints on what to type next are shown only on a terminal. There, \
            long texts go through a pager: $JOBCTL_PAGER, else $PAGER, else less; cat means none.
            """),
        .list([
            ("--json", "one object a line, nothing else on standard output; keys are only ever added"),
            ("-q", "only ids"), ("-v", "of work on many jobs: a line for each, not only the totals"),
            ("--columns", "of list: which columns"),
        ]),
        .text(
            "A refusal under --json is one object on standard error: {\"error\": {\"kind\", \"message\", "
                + "\"hint\", \"violations\"}}."),
        .code([
            "jobctl list --state completed --json | jq -r '.outputs[].file'",
            "jobctl files --label cats -0 | xargs -0 ls -l",
            "id=$(jobctl enqueue seedream-4-0/sequential text='2 cats' -q) && jobctl wait \"$id\" -q",
        ]),
        .text(
            "A verb may be shortened if only one begins so: jobctl li is jobctl list. Not for scripts."))

    static let hosts = HelpTopic(
        "hosts", "working on another machine",
        .text(
            """
            With --host ssh://[USER@]HOST[:PORT], or $JOBD_HOST, a verb runs with the jobctl of another \
            machine, through ssh. Output, exit code, terminal and Ctrl-C are as here. Files that the command \
            names are local ones and go along; --state-dir, --config and the file of backup and restore are \
            over there.
            """),
        .code([
            "export JOBD_HOST=ssh://me@server", "jobctl enqueue --batch jobs.jsonl",
            "jobctl files --label cats --fetch ~/cats", "jobctl gallery ~/gallery",
        ]),
        .text(
            "open refuses, since nobody would see it. $JOBCTL_SSH names another ssh program, or further "
                + "options."
        ))

    static let exitCodes = HelpTopic(
        "exit-codes", "what jobctl and jobd end with",
        .list(ExitCode.allCases.map { (String($0.rawValue), $0.meaning) }),
        .code([
            "jobctl wait 9 --timeout 9m; case $? in 0) echo done;; 75) echo late;; *) jobctl explain 9;; esac"
        ]))

    static let templates = HelpTopic(
        "templates", "how output_name names files",
        .text(
            "output_name is a path below output_dir, and {date}/{id}-{index}.{ext} unless it is set."),
        .list([
            ("{id}", "the job, at least six digits"), ("{index}", "the output's number, from 1"),
            ("{date} {time}", "of created_at, local"),
            ("{model} {label} {prompt}", "made fit for a file name"),
            ("{seed}", "of the input"), ("{request_id}", "RunComfy's name for it"),
            ("{ext}", "from the file's content, not from its URL"),
        ]),
        .text(
            "Whatever a field contains, the file stays inside output_dir, and no file is overwritten: a name "
                + "that is taken gets -2, -3 before its extension."),
        .code([
            "{\"output_dir\": \"/srv/art\", \"output_name\": \"{model}/{date}/{id}-{prompt}-{index}.{ext}\"}"
        ]))

    static let sql = HelpTopic(
        "sql", "the database, read and written with sqlite3",
        .text(
            """
            The database is jobs.db in the state directory (jobctl doctor says where), and may be read while \
            jobd runs. Tables: jobs, outputs, events, links, charges, pauses. Views: history, files, \
            spending. links says which job was made from which. Times are UTC text, as sqlite3's date \
            functions read it.
            """),
        .code([
            "sqlite3 -readonly -box ~/.local/state/jobd/jobs.db",
            "SELECT id, state, model, prompt, ran_s, cost_usd FROM history ORDER BY id DESC LIMIT 20;",
            "SELECT path, prompt FROM files WHERE prompt LIKE '%fox%';",
            "SELECT * FROM spending ORDER BY day DESC;",
            "SELECT model, count(*), avg(ran_s) FROM history WHERE state = 'completed' GROUP BY model;",
            "SELECT at, kind, detail FROM events WHERE job_id = 12 ORDER BY id;",
            "SELECT job_id, path, source_id, output FROM links WHERE source_id = 20;",
            "SELECT error_kind, count(*) FROM jobs WHERE state = 'failed' GROUP BY error_kind;",
            "SELECT id, json_extract(input, '$.seed') FROM jobs WHERE created_at > date('now', '-1 day');",
        ]),
        .text(
            """
            An INSERT is an enqueue: jobd checks the input before it sends it. Only model, input, priority, \
            label, key, not_before, validation and state (queued or held) may be set. Copy the file with \
            jobctl backup, not with cp.
            """),
        .code(["INSERT INTO jobs (model, input, label) VALUES ('a/b', '{\"prompt\": \"a fox\"}', 'sql');"]))
}
