internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

enum ShowVerb: ControlVerb {
    static let command = Command(
        "show", "everything about a job, its files and its events", operands: "ID…",
        discussion: [
            "On a terminal that is known to show pictures (kitty, Ghostty, iTerm2, WezTerm, and none of them "
                + "inside tmux or screen) there is a small one of the job's first picture."
        ],
        options: Selection.filterOptions + [.noPreview],
        examples: [
            .init("jobctl show 12", "one job"),
            .init("jobctl show 12 --json | jq .input", "its input, ready for --input"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let store = try session.store(.read)
        let selection = try Selection(session, store, states: [])
        guard !selection.ids.isEmpty else { throw try session.nothingMatched(selection.filter, in: store) }
        let preview = Preview(session, store.directory)
        var code = ExitCode.success
        for id in selection.ids {
            guard let job = try store.find(id) else {
                session.complainOfNoJob(id)
                code = .no
                continue
            }
            try session.show(job, in: store, adding: ["events": .array(store.events(of: id).map(\.json))]) {
                try describe(job, try store.events(of: id), store, session.screen, preview)
            }
        }
        return code
    }

    private static func describe(
        _ job: Job, _ events: [StoredEvent], _ store: JobDatabase, _ screen: Screen,
        _ preview: Preview?
    ) throws {
        let now = store.now.milliseconds
        func line(_ name: String, _ value: String?) throws {
            guard let value else { return }
            let title = screen.styled(name.padded(to: 16), .dim)
            try screen.write("\(title) \(SafeText.escape(value))\n")
        }
        func line(_ name: String, _ moment: Timestamp?) throws {
            try line(name, moment.map { TimeText.local($0.milliseconds) })
        }
        func distance(_ name: String, _ moment: Timestamp?) throws {
            guard let time = moment?.milliseconds else { return }
            try line(name, "\(TimeText.local(time)) (\(TimeText.relative(time, now: now)))")
        }
        let state = job.state.style.map { screen.styled(job.state.rawValue, $0) } ?? job.state.rawValue
        try screen.write("\(screen.styled("job \(job.id)", .bold))  \(state)\n")
        try line("model", job.model)
        try line("label", job.label)
        try line("key", job.key)
        try line("priority", job.priority == 0 ? nil : String(job.priority))
        try distance("not before", job.notBefore)
        try line("request", job.requestID)
        try line("remote status", job.remoteStatus)
        try line("queue position", job.queuePosition.map { String($0) })
        try line(job.failureKind.map { "failed (\($0.rawValue))" } ?? "message", job.message)
        try distance("cancel requested", job.cancelRequestedAt)
        try line("price", job.priceUSD.map { "about \(Money.text($0))" })
        try line("cost", job.costUSD.map(Money.text))
        try distance("created", job.createdAt)
        try line("submitted", job.submittedAt)
        try line("remote start", job.startedAt)
        try line("remote end", job.finishedAt)
        try distance("ended", job.endedAt)
        try distance("next try", job.state == .queued ? job.nextTryAt : nil)
        try input(of: job, screen)
        try files(of: job, store, screen, preview)
        try Timeline(job: job, events: events, now: store.now, screen: screen).print()
    }

    private static func input(of job: Job, _ screen: Screen) throws {
        let input = (try? JSON(parsing: job.input))?.indentedText ?? job.input
        try screen.write(screen.styled("input", .dim) + "\n")
        for row in input.split(separator: "\n") { try screen.write("  \(SafeText.escape(String(row)))\n") }
    }

    private static func files(
        of job: Job, _ store: JobDatabase, _ screen: Screen, _ preview: Preview?
    ) throws {
        let outputs = try store.outputs(of: job.id)
        if outputs.isEmpty { return }
        try screen.write(screen.styled("files", .dim) + "\n")
        var table = Table([.init("", alignsRight: true), .init("STATE"), .init("SIZE"), .init("PATH")])
        let places = OutputPlaces(store.directory)
        for output in outputs {
            let size = [
                output.width.flatMap { width in output.height.map { "\(width)×\($0)" } },
                output.durationSeconds.map { "\($0) s" }, output.bytes.map(ByteText.of),
            ].compactMap { $0 }.joined(separator: ", ")
            let place = output.path.map { places.file($0).absolutePath } ?? "not here yet"
            table.add([
                .init("  \(output.position)"),
                .init(output.removedAt == nil ? output.state.rawValue : "pruned"), .init(size),
                .init(place),
            ])
        }
        try screen.write(table)
        if let output = Preview.file(of: outputs), let picture = preview?.picture(of: output),
            let cells = picture.cells(within: TerminalSize(columns: screen.width, rows: 16))
        {
            try screen.write(picture.sequence(cells) + "\n")
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
