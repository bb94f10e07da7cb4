internal import CommandLineTool
internal import JobModel
internal import JobStore

/// Jobs that were found. On a terminal the matching words stand out, and the prompt begins near the first of
/// them. In a pipe it is the table that `list` prints.
struct MatchTable {
    private var jobs: JobTable
    private var matches = Table([
        .init("ID", alignsRight: true), .init("STATE"), .init("MODEL", keepsEnd: true), .init("CREATED"),
        .init("LABEL", isFlexible: true, enough: 14), .init("MATCH", isFlexible: true),
    ])
    private let screen: Screen
    private let now: Timestamp

    init(_ screen: Screen, now: Timestamp) {
        (self.screen, self.now) = (screen, now)
        jobs = JobTable(screen)
    }

    mutating func add(_ job: Job, _ match: SearchMatch?) throws {
        guard let match else { return try jobs.add(JobRow(job, now: now)) }
        let label = match.fields[.label] ?? MarkedText(text: job.label ?? "", ranges: [])
        matches.add([
            .init(String(job.id)), .init(job.state.rawValue, job.state.style),
            .init(job.model),
            .init(TimeText.relative(job.createdAt.milliseconds, now: now.milliseconds)),
            .init(label.text, bold: label.ranges), Self.cell(match, job),
        ])
    }

    private static func cell(_ match: SearchMatch, _ job: Job) -> Table.Cell {
        let prompt = match.fields[.prompt]
        if let error = match.fields[.error], !error.ranges.isEmpty, prompt?.ranges.isEmpty ?? true {
            return cell(error.excerpt(before: 12, length: 400), after: "error: ")
        }
        return cell((prompt ?? MarkedText(text: "", ranges: [])).excerpt(before: 12, length: 400), after: "")
    }

    private static func cell(_ text: MarkedText, after title: String) -> Table.Cell {
        let shift = title.unicodeScalars.count
        let line = text.text.replacing("\n", with: " ")
        return .init(title + line, bold: text.ranges.map { $0.lowerBound + shift..<$0.upperBound + shift })
    }

    mutating func print() throws {
        try jobs.print()
        try screen.write(matches)
    }
}
