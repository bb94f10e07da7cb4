internal import CommandLineTool
internal import JobModel
internal import JobStore

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
        let words = session.arguments.operands
        guard let word = words.first, let id = Int64(word), id > 0 else {
            throw Failure.usage("which job?", hint: "jobctl pick 20 3")
        }
        let takesBack = session.arguments.has(.none)
        guard takesBack == (words.count == 1) else {
            throw Failure.usage(
                takesBack ? "--none takes no outputs" : "which outputs?",
                hint: "jobctl pick \(id) 3, or jobctl pick \(id) --none")
        }
        let positions = try Self.positions(Array(words.dropFirst()))
        let store = try session.store(.write)
        let (job, earlier) = try store.transaction { () throws -> (Job, [Link]) in
            let job = try store.job(id)
            let made = try store.outputs(of: id).map(\.position)
            if let missing = positions.first(where: { !made.contains($0) }) {
                throw Failure(
                    .no,
                    made.isEmpty
                        ? "job \(id) has made no output\(job.state.hasEnded ? "" : " yet")"
                        : "job \(id) has no output \(missing): it made \(made.count)",
                    hint: job.state.hasEnded ? nil : "jobctl wait \(id)")
            }
            try store.pick(positions, of: id, by: "jobctl")
            return (job, try store.links(to: id, limit: 100))
        }
        session.wake(store.directory)
        try session.show(job, in: store) {
            guard session.screen.isTerminal else { return }
            let list = positions.map { String($0) }.joined(separator: ", ")
            try session.screen.write(
                positions.isEmpty ? "nothing of job \(id) is picked\n" : "picked of job \(id): \(list)\n")
        }
        try say(what: positions, became: earlier, session, store)
        try session.finish(store)
        return .success
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
    private static func say(
        what positions: [Int64], became links: [Link], _ session: Session, _ store: JobDatabase
    ) throws {
        var going: [Int64] = []
        for link in links where link.part == .pick {
            guard let user = try store.find(link.jobID), !user.state.hasEnded || link.resolvedAt != nil else {
                continue
            }
            if link.resolvedAt == nil {
                if user.waitsFor == 0 { going.append(user.id) }
                if user.waitsFor > 0, positions.count > 1, !link.isInList {
                    session.note("job \(user.id) takes one file: it waits until exactly one is picked")
                }
            } else if link.sent != positions, let position = positions.first {
                session.note("job \(user.id) has been sent with another output")
                let key = link.path.dropFirst(2).prefix { $0 != "[" }
                session.suggest("jobctl rerun \(user.id) \(key)=job:\(link.sourceID)/\(position)")
            }
        }
        if !going.isEmpty {
            session.note("no longer waiting for it: \(JobIDs.ranges(of: going).joined(separator: " "))")
            session.noteIfNoDaemon(store.directory, "nothing is sent until it runs")
        }
    }
}
