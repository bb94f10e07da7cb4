internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

enum ShowVerb: ControlVerb {
    static let command = Command(
        "show", "everything about a job, its files and its events", operands: "ID…",
        options: Selection.filterOptions,
        examples: [
            .init("jobctl show 12", "one job"),
            .init("jobctl show 12 --json | jq .input", "its input, ready for --input"),
        ])

    static func isPaged(_ arguments: Arguments) -> Bool { true }

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let selection = try Selection(session, store, states: [])
        var code = selection.ids.isEmpty ? ExitCode.no : .success
        for id in selection.ids {
            guard let job = try store.find(id) else {
                session.complain("no job \(id)")
                code = .no
                continue
            }
            try session.show(job, in: store, adding: ["events": .array(store.events(of: id).map(\.json))]) {
                try describe(job, try store.events(of: id), store, session.screen)
            }
        }
        return code
    }

    private static func describe(
        _ job: Job, _ events: [StoredEvent], _ store: JobDatabase, _ screen: Screen
    ) throws {
        let state = job.state.style.map { screen.styled(job.state.rawValue, $0) } ?? job.state.rawValue
        try screen.write("\(screen.styled("job \(job.id)", .bold))  \(state)\n")
        for (name, value) in job.fields(now: store.now) {
            let title = screen.styled(name.padded(to: 16), .dim)
            try screen.write("\(title) \(screen.wrapped(SafeText.escape(value), indentation: 17))\n")
        }
        try input(of: job, screen)
        try files(of: job, store, screen)
        try Timeline(job: job, events: events, now: store.now, screen: screen).print()
    }

    private static func input(of job: Job, _ screen: Screen) throws {
        let input = (try? JSON(parsing: job.input))?.indentedText ?? job.input
        try screen.write(screen.styled("input", .dim) + "\n")
        let width = screen.isTerminal ? screen.width - 2 : .max
        for row in input.split(separator: "\n") {
            for line in Paragraph.wrapIndented(SafeText.escape(String(row)), width: width) {
                try screen.write("  \(line)\n")
            }
        }
    }

    private static func files(of job: Job, _ store: JobDatabase, _ screen: Screen) throws {
        let outputs = try store.outputs(of: job.id)
        if outputs.isEmpty { return }
        try screen.write(screen.styled("files", .dim) + "\n")
        let places = OutputPlaces(store.directory)
        let rows = outputs.map { output in
            let size = [
                output.width.flatMap { width in output.height.map { "\(width)×\($0)" } },
                output.durationSeconds.map { "\($0) s" }, output.bytes.map(ByteText.of),
            ].compactMap { $0 }.joined(separator: ", ")
            let state = output.removedAt == nil ? output.state.rawValue : "pruned"
            let place = output.path.map { places.file($0).absolutePath } ?? "not here yet"
            return ["  \(output.position)", state, size, place].map { Table.Cell($0) }
        }
        let widest = rows.map { $0.reduce(6) { $0 + $1.width } }.max() ?? 0
        guard screen.isTerminal, widest > screen.width else {
            var table = Table([.init("", alignsRight: true), .init("STATE"), .init("SIZE"), .init("PATH")])
            for row in rows { table.add(row) }
            return try screen.write(table)
        }
        // A path stays whole: people copy it.
        for row in rows {
            let (words, path) = (row.dropLast().map(\.plain), row.last?.plain ?? "")
            try screen.write("\(words.joined(separator: "  "))\n    \(path)\n")
        }
    }
}

extension String {
    /// With spaces after it.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - DisplayWidth.of(self)))
    }

    /// With spaces before it.
    func aligned(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - DisplayWidth.of(self))) + self
    }
}
