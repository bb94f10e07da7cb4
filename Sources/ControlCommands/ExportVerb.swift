internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

enum ExportVerb: ControlVerb {
    static let command = Command(
        "export", "write jobs as JSON Lines or CSV", operands: "[ID… | --state STATE | …]",
        discussion: [
            """
            Unless jobs are chosen, all of them. JSON Lines have a job's object on each line, as list --json \
            prints it, and with --events its history. CSV has a heading and a line for each job, with the \
            columns of the table jobs and then "files", the paths of its files as a JSON array.
            """,
            """
            --embed DIR writes a copy of each picture into a directory, as 000012-1.png, with prompt and \
            settings inside: as AUTOMATIC1111 and ComfyUI have them in a PNG, as EXIF and XMP in a JPEG or \
            WebP. Other files are copied as they are, with an .xmp beside them. The originals are only read; \
            a name that is taken in the directory is left alone. Files in object storage are fetched. It \
            prints the paths.
            """,
            "In CSV, a text that a spreadsheet would take for a formula (it begins with =, +, -, @, a tab or "
                + "a line end) gets an apostrophe before it. JSON is exact.",
        ],
        options: JobChoice.options + [.picked, .limit, .csv, .events, .embed] + DaemonQuestion.options,
        examples: [
            .init("jobctl export > jobs.jsonl", "everything"),
            .init("jobctl export --csv --since 30d --state completed > month.csv", "for a spreadsheet"),
            .init("jobctl export --events 12-20 | jq .events", "with their history"),
            .init("jobctl export --embed shared --label cats --picked", "what is picked, to be passed on"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let isCSV = session.arguments.has(.csv)
        let hasEvents = session.arguments.has(.events)
        if isCSV, session.wantsJSON || hasEvents {
            throw Failure.usage("--csv goes with neither --json nor --events")
        }
        let limit = try session.arguments.limit()
        let store = try session.store(.read)
        let choice = try JobChoice(session, store, lists: true)
        let places = OutputPlaces(store.directory)
        if let path = session.arguments.value(.embed) {
            if isCSV || hasEvents { throw Failure.usage("--embed goes with neither --csv nor --events") }
            return try EmbeddedCopies(path, session, store).make(of: choice, limit: limit)
        }
        if isCSV { try session.screen.write(columns.joined(separator: ",") + "\n") }
        var count = 0
        func write(_ job: Job) throws {
            count += 1
            if session.isQuiet {
                try session.screen.write("\(job.id)\n")
            } else if isCSV {
                let object = job.columns
                let paths = try store.outputs(of: job.id).compactMap { output in
                    output.isElsewhere
                        ? places.place(of: output).map(JSON.string)
                        : output.hasFile ? output.path.map(JSON.string) : nil
                }
                let values = columns.dropLast().map { object[$0] ?? .null } + [.array(paths)]
                try session.screen.write(CSVLine(isTerminal: session.screen.isTerminal).text(of: values))
            } else {
                let events = hasEvents ? try store.events(of: job.id).map(\.json) : []
                try session.emit(job, in: store, adding: hasEvents ? ["events": .array(events)] : [:])
            }
        }
        try choice.forEach(in: store, limit: limit, write)
        if count == 0 { try session.noteNothingMatched(choice, in: store) }
        return .success
    }

    private static let columns = JobColumn.ofTable + ["files"]
}

/// One line of CSV, as RFC 4180 quotes it.
struct CSVLine {
    /// On a terminal, control characters in the values are escaped.
    let isTerminal: Bool

    /// What formulas begin with; the wide ones do so in Japanese spreadsheets.
    private static let formulas = "=+-@\t\r\n＝＋－＠".unicodeScalars

    func text(of values: [JSON]) -> String { values.map(cell).joined(separator: ",") + "\n" }

    private func cell(_ value: JSON) -> String {
        switch value {
        case .null: return ""
        case .bool, .number: return value.text
        case .array, .object: return quoted(value.text)
        case .string(let text):
            let isFormula = text.unicodeScalars.first.map(Self.formulas.contains) ?? false
            return quoted(isFormula ? "'" + text : text)
        }
    }

    private func quoted(_ text: String) -> String {
        let text = isTerminal ? SafeText.escape(text) : text
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else {
            return text
        }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
