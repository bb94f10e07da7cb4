internal import Care
internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

enum PickVerb: ControlVerb {
    static let command = Command(
        "pick", "mark outputs of a job as chosen", operands: "ID N…",
        discussion: [
            """
            N is the number of an output, or a range such as 2-4. What was picked of the job before is \
            replaced; --none takes it back. Jobs with the reference job:ID/pick wait until something is \
            picked: in a list for at least one output, elsewhere for exactly one. Picking again changes \
            nothing for a job that has been sent.
            """
        ],
        options: [.none],
        examples: [
            .init("jobctl pick 20 3", "the third output of job 20"),
            .init("jobctl pick 20 1 4-6", "several"),
            .init("jobctl pick 20 --none", "none of them"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let (id, positions) = try asked(session.arguments)
        let store = try session.store(.write)
        var waited: [Link] = []
        let job = try store.transaction {
            let job = try store.job(id)
            try require(positions, of: job, store)
            waited = try store.waitingForPick(of: id)
            try store.pick(positions, of: id, by: "jobctl")
            return job
        }
        session.wake(store.directory)
        describe(job, session, store)
        try session.show(job, in: store) {
            guard session.screen.isTerminal else { return }
            let list = positions.map { String($0) }.joined(separator: ", ")
            try session.screen.write(
                positions.isEmpty ? "nothing of job \(id) is picked\n" : "picked of job \(id): \(list)\n")
        }
        try say(what: positions, of: id, became: waited, session, store)
        try session.finish(store)
        return .success
    }

    /// Photo software shows what is picked as a rating.
    private static func describe(_ job: Job, _ session: Session, _ store: JobDatabase) {
        guard let outputs = try? store.outputs(of: job.id) else { return }
        let places = (try? session.outputPlaces()) ?? OutputPlaces(store.directory)
        places.describe(outputs, of: job) { file, error in
            session.note("note: \(file.absolutePath) cannot be written: \(error)")
        }
    }

    /// The job, and the outputs that are picked of it.
    private static func asked(_ arguments: Arguments) throws -> (id: Int64, positions: [Int64]) {
        let words = arguments.operands
        guard let word = words.first, let id = Int64(word), id > 0 else {
            throw Failure.usage("which job?", hint: "jobctl pick 20 3")
        }
        let takesBack = arguments.has(.none)
        guard takesBack == (words.count == 1) else {
            throw Failure.usage(
                takesBack ? "--none takes no outputs" : "which outputs?",
                hint: "jobctl pick \(id) 3, or jobctl pick \(id) --none")
        }
        return (id, try positions(Array(words.dropFirst())))
    }

    /// Throws if the job has not made one of the outputs.
    private static func require(_ positions: [Int64], of job: Job, _ store: JobDatabase) throws {
        let made = try store.outputs(of: job.id).map(\.position)
        guard let missing = positions.first(where: { !made.contains($0) }) else { return }
        throw Failure(
            .no,
            made.isEmpty
                ? "job \(job.id) has made no output\(job.state.hasEnded ? "" : " yet")"
                : "job \(job.id) has no output \(missing): it made \(NumberText.of(made.count))",
            hint: job.state.hasEnded ? nil : "jobctl wait \(job.id)")
    }

    /// Reads `3` and `2-4`. No job has more than 10,000 outputs.
    private static func positions(_ words: [String]) throws -> [Int64] {
        let ranges = try words.flatMap { word in
            try word.split(separator: ",").map { try Selection.range($0, of: word) }
        }
        if let far = ranges.first(where: { $0.upperBound > 10_000 }) {
            throw Failure(.no, "no job has an output \(far.upperBound)")
        }
        return Set(ranges.joined()).sorted()
    }

    /// What the pick means for the jobs that refer to it.
    ///
    /// - Parameter waited: what waited for a pick before.
    private static func say(
        what positions: [Int64], of id: Int64, became waited: [Link], _ session: Session, _ store: JobDatabase
    ) throws {
        let waiting = try store.waitingForPick(of: id)
        if positions.count > 1 {
            for user in Self.users(waiting.filter { !$0.isInList }) {
                session.note("job \(user) takes one file: it waits until exactly one is picked")
            }
        }
        let sent = try store.sentPicks(of: id).filter { !positions.isEmpty && $0.sent != positions }
        if let first = sent.first {
            let users = Self.users(sent)
            let who = users.count == 1 ? "job \(users[0]) has" : "jobs \(words(users)) have"
            session.note("\(who) been sent with another output")
            let key = first.path.dropFirst(2).prefix { $0 != "[" }
            let cascade = try store.users(of: first.jobID, limit: 1).isEmpty ? "" : " --cascade"
            session.suggest("jobctl rerun \(first.jobID) \(key)=job:\(id)/\(positions[0])\(cascade)")
        }
        let going = Self.users(waited).filter { user in !waiting.contains { $0.jobID == user } }
        if !going.isEmpty {
            session.note("no longer waiting for it: \(words(going))")
            session.noteIfNoDaemon(store, "nothing is sent until it runs")
        }
    }

    /// The jobs that have these references, each once.
    private static func users(_ links: [Link]) -> [Int64] { Set(links.map(\.jobID)).sorted() }

    private static func words(_ ids: [Int64]) -> String { JobIDs.ranges(of: ids).joined(separator: " ") }
}
