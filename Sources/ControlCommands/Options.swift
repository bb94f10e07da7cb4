internal import CommandLineTool
internal import Startup

/// Every option of `jobctl`, declared once: verbs list them, and ask for them by the same name. Where a verb
/// means something of its own by one, it says so with `saying`.
extension Option {
    static let json = Option("json", "one JSON object per line on standard output, nothing else there")
    static let quiet = Option("quiet", short: "q", "print ids alone")

    // MARK: - Which jobs

    static let state = Option(
        "state", value: "STATE", repeats: true, "only jobs in this state; may be given again")
    static let model = Option(
        "model", value: "MODEL", "only jobs of this model; a trailing * takes all that begin so")
    static let label = Option("label", value: "LABEL", "only jobs with this label")
    static let since = Option(
        "since", value: "TIME", "only jobs enqueued since then: 2h, 09:00, 2026-01-31, or RFC 3339")
    static let limit = Option("limit", value: "N", "the newest N")
    static let yes = Option("yes", short: "y", "do not ask")
    static let dryRun = Option("dry-run", short: "n", "only show which jobs are meant")

    // MARK: - How they are shown

    static let sort = Option("sort", value: "ORDER", "by what: ended, -cost, ran, …; else by id")
    static let reverse = Option("reverse", short: "r", "the other way round: newest first")
    static let columns = Option("columns", value: "COLUMNS", "what to show, such as id,state,ran,cost")
    static let count = Option("count", "only how many there are")
    static let by = Option("by", value: "GROUP", "only by model, day, week, label or failure")
    static let not = Option("not", value: "WORD", repeats: true, "only jobs without it; may be given again")
    static let csv = Option("csv", "CSV instead of JSON Lines")
    static let events = Option("events", "each job's history with it; JSON only")
    static let follow = Option("follow", short: "f", "go on as things happen")
    static let title = Option("title", value: "TEXT", "the page's title")
    static let copy = Option("copy", "copy the files, instead of leading to them")
    static let timeout = Option("timeout", value: "SPAN", "wait no longer than this: 30s, 5m, 2h")

    // MARK: - What is ordered, and how it is varied

    static let input = Option(
        "input", value: "FILE", "the whole input as JSON from a file; - for standard input")
    static let batch = Option(
        "batch", value: "FILE", "many jobs as JSON Lines from a file; - for standard input")
    static let like = Option("like", value: "ID", "model and input of that job, with the changes given here")
    static let from = Option(
        "from", value: "FILE", "jobs' objects as JSON instead of ids; - for standard input")
    static let matrix = Option(
        "matrix", value: "KEY=A,B,…", repeats: true,
        "a job for each value, and for each combination of several; KEY:=[…] where a value holds a comma")
    static let `repeat` = Option(
        "repeat", value: "N", "N jobs of each input, with a seed of its own where the model has one")
    static let without = Option(
        "without", value: "KEY", repeats: true, "leave a key out of the input; may be given again")
    static let edit = Option("edit", short: "e", "edit the input in $VISUAL or $EDITOR first")

    // MARK: - How it is sent

    static let key = Option(
        "key", value: "TEXT", "enqueue only if no job that is not failed or cancelled has this key")
    static let priority = Option("priority", value: "N", "the new priority; higher goes first")
    static let notBefore = Option(
        "not-before", value: "TIME", "the new time: 2h, 22:00, 2026-01-31 18:00; \"now\" takes it away")
    static let hold = Option("hold", "set it aside until it is released")
    static let wait = Option("wait", "wait until it has ended")
    static let noValidate = Option("no-validate", "send it even where the schema says no")

    // MARK: - What becomes of jobs and their files

    static let giveUp = Option("give-up", "also jobs that are being downloaded: do without the rest")
    static let resubmit = Option("resubmit", "buy anew in any case")
    static let abandon = Option("abandon", "let it be: the job is cancelled")
    static let adopt = Option("adopt", value: "REQUEST_ID", "it was bought: follow this request")
    static let olderThan = Option(
        "older-than", value: "SPAN", "only jobs that ended longer ago: 30d, 12w, 24h")
    static let files = Option("files", "their files")
    static let inputs = Option("inputs", "what they were asked to make")
    static let rows = Option("rows", "their rows and events in the database")
    static let sample = Option(
        "sample", value: "N|N%", "read only so many files, or such a share of them, drawn at random")
    static let repair = Option("repair", "have missing and changed files fetched again")

    // MARK: - What is asked of the service

    static let fetch = Option("fetch", "look at the files that the input names, too")
    static let online = Option("online", "ask the API whether it takes the token")
    static let balance = Option("balance", "ask RunComfy for the account's balance, too")
}
