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
        for (name, value) in fields(now: now) {
            guard let value else { continue }
            lines += Self.wrapped(name, value, width)
        }
        lines.append(StyledText("input", .dim))
        let text = String(
            ((try? JSON(parsing: job.input))?.indentedText ?? job.input).prefix(Self.longestInput))
        for row in text.split(separator: "\n") {
            lines += Self.pieces(of: String(row), width - 2).map { StyledText("  " + $0) }
        }
        if !outputs.isEmpty { lines.append(StyledText("files", .dim)) }
        for output in outputs {
            let size =
                output.state == .done
                ? output.bytes.map(ByteText.of) : DownloadProgress([output]).text(Self.indent + 20)
            lines += Self.wrapped(
                "  \(output.position)",
                [output.state.rawValue, size, output.path.map { places.file($0).absolutePath }]
                    .compactMap(\.self).joined(separator: "  "), width)
        }
        lines.append(StyledText("events", .dim))
        for event in events.reversed() {
            let at = TimeText.local(event.at.milliseconds).suffix(14)
            lines += Self.wrapped(String(at), event.words, width)
        }
        return lines
    }

    private func fields(now: Timestamp) -> [(String, String?)] {
        func at(_ moment: Timestamp?) -> String? {
            moment.map {
                "\(TimeText.local($0.milliseconds)) "
                    + "(\(TimeText.relative($0.milliseconds, now: now.milliseconds)))"
            }
        }
        return [
            ("model", job.model), ("label", job.label), ("key", job.key),
            ("priority", job.priority == 0 ? nil : String(job.priority)), ("not before", at(job.notBefore)),
            ("request", job.requestID), ("remote status", job.remoteStatus),
            ("queue position", job.queuePosition.map { String($0) }),
            (job.failureKind.map { "failed (\($0.rawValue))" } ?? "message", job.message),
            ("cancel requested", at(job.cancelRequestedAt)),
            ("price", job.priceUSD.map { "about \(Money.text($0))" }), ("cost", job.costUSD.map(Money.text)),
            ("created", at(job.createdAt)), ("submitted", at(job.submittedAt)),
            ("started", at(job.startedAt)), ("finished", at(job.finishedAt)),
            ("ended", at(job.endedAt)),
            ("next try", job.state == .queued ? at(job.nextTryAt) : nil),
        ]
    }

    /// A name and its value, in as many lines as the value needs.
    private static func wrapped(_ name: String, _ value: String, _ width: Int) -> [StyledText] {
        pieces(of: value, max(8, width - indent)).enumerated().map { index, piece in
            var line = StyledText((index == 0 ? SafeText.escape(name) : "").padded(to: indent), .dim)
            line.append(piece)
            return line
        }
    }

    /// The text in pieces of at most `width` columns.
    private static func pieces(of text: String, _ width: Int) -> [String] {
        var pieces: [String] = []
        var (piece, used) = ("", 0)
        for character in SafeText.escape(text) {
            let columns = DisplayWidth.of(String(character))
            if used + columns > max(1, width), used > 0 {
                pieces.append(piece)
                (piece, used) = ("", 0)
            }
            piece.append(character)
            used += columns
        }
        return pieces + [piece]
    }
}
