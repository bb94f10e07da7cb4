internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs

/// Everything about one job, as lines.
struct WatchDetails {
    let job: Job
    let outputs: [Output]
    let events: [StoredEvent]
    let places: OutputPlaces

    private static let indent = 18
    /// An input may be very long; `jobctl show` shows all of it.
    private static let longestInput = 20_000

    func lines(width: Int, now: Timestamp) -> [StyledText] {
        var title = StyledText("job \(job.id)", .bold)
        title.append("  ")
        title.append(job.state.rawValue, job.state.style)
        var lines = [title]
        for (name, value) in job.fields(now: now) { lines += Self.wrapped(name, value, width) }
        lines.append(StyledText("input", .dim))
        let text = String(
            ((try? JSON(parsing: job.input))?.indentedText ?? job.input).prefix(Self.longestInput))
        for row in text.split(separator: "\n") {
            lines += Paragraph.wrapIndented(SafeText.escape(String(row)), width: width - 2, breaksWords: true)
                .map { StyledText("  " + $0) }
        }
        if !outputs.isEmpty { lines.append(StyledText("files", .dim)) }
        for output in outputs {
            let size =
                output.state == .done
                ? output.bytes.map(ByteText.of) : DownloadProgress([output]).text(Self.indent + 20)
            lines += Self.wrapped(
                "  \(output.position)",
                [output.state.rawValue, size, places.place(of: output)]
                    .compactMap(\.self).joined(separator: ", "), width)
        }
        lines.append(StyledText("events", .dim))
        for event in events {
            let at = TimeText.local(event.at.milliseconds).suffix(14)
            lines += Self.wrapped(String(at), event.words, width)
        }
        return lines
    }

    /// A name and its value, in as many lines as the value needs.
    private static func wrapped(_ name: String, _ value: String, _ width: Int) -> [StyledText] {
        let text = Paragraph.wrap(SafeText.escape(value), width: max(8, width - indent), breaksWords: true)
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            index, piece in
            var line = StyledText((index == 0 ? SafeText.escape(name) : "").padded(to: indent), .dim)
            line.append(String(piece))
            return line
        }
    }
}
