internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum ExportVerb: ControlVerb {
    static let command = Command(
        "export", "write jobs out, as JSON Lines or CSV", operands: "[ID… | --state STATE | …]",
        discussion: [
            "Without a choice of jobs, all of them. JSON Lines have a job's object on each line, as list --json gives "
                + "it, and with --events its history. CSV has a heading, a line for each job and the columns of the table jobs, then "
                + "\"files\", the paths of its files as a JSON array.",
            "In CSV, a text that a spreadsheet would take for a formula (it begins with =, +, -, @, a tab or a return) "
                + "gets an apostrophe before it. JSON is exact.",
        ],
        options: JobChoice.options + [
            .csv,
            .events,
        ],
        examples: [
            .init("jobctl export > jobs.jsonl", "everything"),
            .init("jobctl export --csv --since 30d --state completed > month.csv", "for a spreadsheet"),
            .init("jobctl export --events 12-20 | jq .events", "with what happened"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let isCSV = session.arguments.has(.csv)
        let hasEvents = session.arguments.has(.events)
        if isCSV, session.wantsJSON || hasEvents {
            throw Failure.usage("--csv goes with neither --json nor --events")
        }
        let store = try session.store(.read)
        let choice = try JobChoice(session, store)
        if isCSV { try session.screen.write(CSVLine.heading(of: columns)) }
        try choice.forEach(in: store) { job in
            if session.isQuiet {
                try session.screen.write("\(job.id)\n")
            } else if isCSV {
                guard let object = job.json(outputs: []).object else { return }
                let paths = try store.outputs(of: job.id).filter(\.hasFile).compactMap {
                    $0.path.map(JSON.string)
                }
                let values = columns.dropLast().map { object[$0] ?? .null } + [.array(paths)]
                try session.screen.write(CSVLine(isTerminal: session.screen.isTerminal).text(of: values))
            } else {
                let events = hasEvents ? try store.events(of: job.id).map(\.json) : []
                try session.emit(job, in: store, adding: hasEvents ? ["events": .array(events)] : [:])
            }
        }
        return .success
    }

    private static let columns = JobColumn.ofTable + ["files"]
}
