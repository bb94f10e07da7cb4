internal import CommandLineTool
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Policy
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

    /// A pager would show a picture as the bytes that it is made of.
    static func isPaged(_ session: Session) -> Bool { !Preview.isShown(in: session) }

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
            let folder = InputFolder(store.directory)
            let files = try store.inputFiles(of: job)
            let more: JSONObject = [
                "events": .array(try store.events(of: id).map(\.json)),
                "input_files": .array(files.map { $0.json(in: folder) }),
            ]
            try session.show(job, in: store, adding: more) {
                try describe(job, try store.events(of: id), store, session.screen, preview)
            }
        }
        return code
    }

    private static func describe(
        _ job: Job, _ events: [StoredEvent], _ store: JobDatabase, _ screen: Screen,
        _ preview: Preview?
    ) throws {
        let state = job.state.style.map { screen.styled(job.state.rawValue, $0) } ?? job.state.rawValue
        let wait = try SourceWait(of: job, in: store)?.texts.first.map { ", \($0)" } ?? ""
        try screen.write("\(screen.styled("job \(job.id)", .bold))  \(state)\(wait)\n")
        for (name, value) in job.fields(now: store.now) {
            let title = screen.styled(name.padded(to: 16), .dim)
            try screen.write("\(title) \(screen.wrapped(SafeText.escape(value), indentation: 17))\n")
        }
        try input(of: job, screen)
        try inputFiles(of: job, store, screen)
        try lineage(of: job, store, screen)
        try files(of: job, store, screen, preview)
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

    /// The local files in the input, and where they come from.
    private static func inputFiles(of job: Job, _ store: JobDatabase, _ screen: Screen) throws {
        let files = try store.inputFiles(of: job)
        if files.isEmpty { return }
        let folder = InputFolder(store.directory)
        try screen.write(screen.styled("local files", .dim) + "\n")
        for file in files {
            let size = folder.file(file.file).size.map(ByteText.of) ?? "missing"
            let words = [file.path, file.original ?? "-", size, "inputs/" + file.file.name]
            try screen.write("  " + words.map { SafeText.escape($0) }.joined(separator: "  ") + "\n")
        }
    }

    /// What the job is made from, and what was made from it.
    private static func lineage(of job: Job, _ store: JobDatabase, _ screen: Screen) throws {
        for tree in [LineageTree(sourcesOf: job.id, in: store), LineageTree(usersOf: job.id, in: store)] {
            let rows = try tree.rows()
            if rows.isEmpty { continue }
            try screen.write(screen.styled(tree.title, .dim) + "\n")
            for row in rows { try screen.write("  \(SafeText.escape(row))\n") }
        }
    }

    private static func files(
        of job: Job, _ store: JobDatabase, _ screen: Screen, _ preview: Preview?
    ) throws {
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
            let place = places.place(of: output) ?? "not here yet"
            return ["  \(output.position)", state, size, place].map { Table.Cell($0) }
        }
        let widest = rows.map { $0.reduce(6) { $0 + $1.width } }.max() ?? 0
        guard screen.isTerminal, widest > screen.width else {
            var table = Table([.init("", alignsRight: true), .init("STATE"), .init("SIZE"), .init("PATH")])
            for row in rows { table.add(row) }
            try screen.write(table)
            return try show(preview, of: outputs, screen)
        }
        // A path stays whole: people copy it.
        for row in rows {
            let (words, path) = (row.dropLast().map(\.plain), row.last?.plain ?? "")
            try screen.write("\(words.joined(separator: "  "))\n    \(path)\n")
        }
        try show(preview, of: outputs, screen)
    }

    private static func show(_ preview: Preview?, of outputs: [Output], _ screen: Screen) throws {
        if let output = Preview.file(of: outputs), let picture = preview?.picture(of: output),
            let cells = picture.cells(within: TerminalSize(columns: screen.width, rows: 16))
        {
            try screen.write(picture.sequence(cells) + "\n")
        }
    }
}

extension StoredInputFile {
    fileprivate func json(in folder: InputFolder) -> JSON {
        let copy = folder.file(file)
        return .object([
            "path": .string(path), "name": .string(file.name), "original": .optional(original),
            "file": .string(copy.absolutePath), "bytes": .optional(copy.size),
        ])
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
