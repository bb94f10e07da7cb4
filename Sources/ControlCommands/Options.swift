internal import CommandLineTool
internal import Startup

/// Every option of `jobctl`, declared once: verbs list them and read them by the same name. A verb that gives
/// one another meaning says so with `saying`.
extension Option {
    static let json = Option("json", "one JSON object per line on standard output, and nothing else")
    static let quiet = Option("quiet", short: "q", "print only ids")
    static let verbose = Option("verbose", short: "v", "a line for each job, not only the totals")

    // MARK: - Which jobs

    static let state = Option(
        "state", value: "STATE", repeats: true, "only jobs in this state; may be given again")
    static let model = Option(
        "model", value: "MODEL",
        "only jobs of this model, or the known one that ends so; a trailing * means all that begin so")
    static let label = Option("label", value: "LABEL", "only jobs with this label")
    static let since = Option(
        "since", value: "TIME", "only jobs enqueued since then: 2h, 09:00, 2026-01-31, or RFC 3339")
    static let limit = Option("limit", value: "N", "the newest N")
    static let yes = Option("yes", short: "y", "do not ask")
    static let dryRun = Option("dry-run", short: "n", "only show which jobs would be changed")

    // MARK: - How they are shown

    static let sort = Option("sort", value: "ORDER", "sort by ended, -cost, ran, …; by default by id")
    static let reverse = Option("reverse", short: "r", "reverse the order: newest first")
    static let columns = Option("columns", value: "COLUMNS", "what to show, such as id,state,ran,cost")
    static let count = Option("count", "only count them")
    static let by = Option("by", value: "GROUP", "only by model, day, week, label or failure")
    static let month = Option(
        "month", value: "YYYY-MM", "only this calendar month, in UTC as the budgets have it")
    static let months = Option("months", "each calendar month (UTC) by itself, by default the last 12")
    static let not = Option(
        "not", value: "WORD", repeats: true, "only jobs without this word; may be given again")
    static let kind = Option(
        "kind", value: "KIND", repeats: true, "only events of this kind; may be given again")
    static let csv = Option("csv", "CSV instead of JSON Lines")
    static let events = Option("events", "also each job's history; JSON only")
    static let embed = Option(
        "embed", value: "DIR", "copies of the pictures, with prompt and settings inside")
    static let follow = Option("follow", short: "f", "continue with new events as they happen")
    static let title = Option("title", value: "TEXT", "the page's title")
    static let copy = Option("copy", "copy the files instead of linking to them")
    static let timeout = Option("timeout", value: "SPAN", "wait no longer than this: 30s, 5m, 2h")

    static let outputKind = Option(
        "kind", value: "image|video|audio|file", repeats: true, "only files of this kind; may be given again")
    static let null = Option("null", short: "0", "end each path with a NUL instead of a line feed")
    static let noPreview = Option("no-preview", "no picture, even if the terminal can show one")

    static let fetchTo = Option(
        "fetch", value: "DIR", "copy them to this directory, and print their paths there")

    static let picked = Option("picked", "only what a person has picked: see jobctl pick")
    static let none = Option("none", "take back what was picked")

    // MARK: - What is ordered, and how it is varied

    static let input = Option(
        "input", value: "FILE", "the whole input as JSON from a file; - for standard input")
    static let batch = Option(
        "batch", value: "FILE", "many jobs as JSON Lines from a file; - for standard input")
    static let make = Option("make", "with --batch: order only the lines that are new")
    static let like = Option("like", value: "ID", "model and input of that job, with the changes given here")
    static let from = Option(
        "from", value: "FILE", "jobs as JSON objects from a file, instead of ids; - for standard input")
    static let matrix = Option(
        "matrix", value: "KEY=A,B,…", repeats: true,
        "a job for each value, and for each combination of several; KEY:=[…] if a value contains a comma")
    static let `repeat` = Option(
        "repeat", value: "N", "N jobs for each input, each with its own seed if the model takes one")
    static let without = Option(
        "without", value: "KEY", repeats: true, "leave a key out of the input; may be given again")
    static let cascade = Option("cascade", "also copy everything that was made from these jobs")
    static let edit = Option("edit", short: "e", "edit the input in $VISUAL or $EDITOR first")

    // MARK: - How it is sent

    static let key = Option(
        "key", value: "TEXT", "enqueue only if no job has this key, other than failed and cancelled ones")
    static let priority = Option("priority", value: "N", "the new priority; higher goes first")
    static let notBefore = Option(
        "not-before", value: "TIME", "the new time: 2h, 22:00, 2026-01-31 18:00; \"now\" removes it")
    static let maxUSD = Option(
        "max-usd", value: "X", "refuse the order if its estimate is above X, or a price is not known")
    static let hold = Option("hold", "set it aside until it is released")
    static let wait = Option("wait", "wait until it has ended, then print the paths of its files")
    static let noValidate = Option("no-validate", "send it even if the schema forbids it")

    // MARK: - What an agent may do

    static let readOnly = Option("read-only", "nothing may be ordered, cancelled or picked")

    // MARK: - What becomes of jobs and their files

    static let giveUp = Option("give-up", "also jobs that are being downloaded: do without the missing files")
    static let resubmit = Option("resubmit", "buy it again in any case")
    static let abandon = Option("abandon", "give it up: the job is cancelled")
    static let adopt = Option("adopt", value: "REQUEST_ID", "it was bought: follow this request")
    static let olderThan = Option(
        "older-than", value: "SPAN", "only jobs that ended longer ago: 30d, 12w, 24h")
    static let files = Option("files", "their files")
    static let inputs = Option("inputs", "their inputs")
    static let rows = Option("rows", "their rows and events in the database")
    static let sample = Option(
        "sample", value: "N|N%", "read only so many files, or that share of them, chosen at random")
    static let repair = Option(
        "repair", "have missing and changed files fetched again; add wrong sums up again")
    static let foreign = Option("foreign", "files in the outputs directory that belong to no job")

    // MARK: - What is asked of RunComfy

    static let fetch = Option("fetch", "also check the files that the input names")
    static let online = Option("online", "ask the API whether it accepts the token; try the object storage")
    static let balance = Option("balance", "also ask RunComfy for the account's balance")
}

extension Arguments {
    /// The values of an option that may be given again, or several with commas between them.
    ///
    /// - Parameter name: what one of them is called.
    func words<Word>(_ option: Option, _ name: String) throws(Failure) -> [Word]
    where Word: CaseIterable & RawRepresentable<String> {
        var words: [Word] = []
        for text in values(option).flatMap({ $0.split(separator: ",") }).map(String.init) {
            guard let word = Word(rawValue: text) else {
                throw .unknown(
                    "unknown \(name)", text, among: Word.allCases.map(\.rawValue), listedAs: "\(name)s are")
            }
            words.append(word)
        }
        return words
    }

    /// The option's value as an amount in USD.
    func dollars(_ option: Option) throws(Failure) -> Double? {
        guard let text = value(option) else { return nil }
        guard let amount = Double(text), amount.isFinite, amount >= 0 else {
            throw .usage(
                "--\(option.name) takes an amount in USD, not \"\(SafeText.escape(text))\"",
                hint: "write 5 or 0.25")
        }
        return amount
    }

    /// The value of --limit.
    func limit() throws(Failure) -> Int? { try integer(.limit, in: 0...Int64(Int32.max)).map { Int($0) } }
}
