internal import CommandLineTool
internal import JobModel
internal import JobStore

/// The progress of a wait: a line for each job that fits, and one for all of them.
struct WaitProgress {
    /// How many jobs are waited for, including those that have ended.
    let total: Int
    /// Those that have not ended, in the order in which they are shown.
    let unfinished: [Job]
    /// Of jobs that are being downloaded.
    let outputs: [Int64: [Output]]
    /// What queued jobs wait for.
    var waits: [Int64: SourceWait] = [:]
    /// The median of how long the latest jobs of a model took at RunComfy.
    let expected: [String: Duration]
    let now: Timestamp
    /// Since the wait began.
    let elapsed: Duration

    /// Running jobs come first.
    static func order(_ jobs: [Job]) -> [Job] {
        let places = Dictionary(
            uniqueKeysWithValues: WatchSnapshot.order.enumerated().map { ($0.element, $0.offset) })
        return jobs.sorted { left, right in
            let (first, second) = (places[left.state] ?? 0, places[right.state] ?? 0)
            return first != second ? first < second : left.id < right.id
        }
    }

    func lines(_ room: TerminalSize) -> [StyledText] {
        guard total > 1 || unfinished.count != 1 else {
            return unfinished.map { StyledText(single($0)) }
        }
        // If not all of them fit, the last line says how many more there are.
        let most = room.rows - 1
        let shown = unfinished.count <= most ? unfinished.count : max(0, most - 1)
        let columns = WatchRow.Columns(
            unfinished.prefix(shown).map { WatchFacts(job: $0, prompt: nil, outputs: []) },
            highest: unfinished.map(\.id).max() ?? 0, columns: min(room.columns, 80))
        var lines = unfinished.prefix(shown).map { job in
            let facts = WatchFacts(
                job: job, prompt: job.prompt, outputs: outputs[job.id] ?? [], wait: waits[job.id])
            return WatchRow(facts: facts, now: now, expected: expected[job.model])
                .line(columns, isSelected: false)
        }
        let rest = unfinished.count - shown
        if rest > 0, most > 0 { lines.append(StyledText("  … and \(NumberText.of(rest)) more")) }
        lines.append(StyledText(sum(room.columns)))
        return lines
    }

    private func sum(_ width: Int) -> String {
        let done = total - unfinished.count
        let words = "\(NumberText.of(done)) of \(NumberText.of(total, "job")) have ended, \(times)"
        let room = min(24, width - DisplayWidth.of(words) - 1)
        return room >= 8 ? "\(Bar.text(Double(done) / Double(max(1, total)), width: room)) \(words)" : words
    }

    private func single(_ job: Job) -> String {
        var words = job.state.rawValue
        if job.state == .downloading, let outputs = outputs[job.id], !outputs.isEmpty {
            let download = DownloadProgress(outputs)
            words =
                "downloading \(NumberText.of(download.done)) of \(NumberText.of(outputs.count, "file")) "
                + "\(download.text(30, countsFiles: false))"
        }
        if let wait = waits[job.id]?.texts.first { words += ", \(wait)" }
        if let position = job.queuePosition { words += ", position \(position)" }
        return "job \(job.id): \(words), \(times)"
    }

    /// How long the wait has lasted, and how long it may still take.
    private var times: String {
        // Tenths of a second would flicker.
        func text(_ span: Duration) -> String { SpanText.of(.seconds(span.components.seconds)) }
        return text(elapsed) + (left.map { ", about \(text(max(.seconds(1), $0))) left" } ?? "")
    }

    /// How long all of them may still take, estimated from the latest jobs of their models; nil if that is
    /// not known, or if a person has to act first.
    ///
    /// Assumes that as many run at once as do now.
    var left: Duration? {
        var (sum, longest, running) = (Duration.zero, Duration.zero, 0)
        for job in unfinished {
            switch job.state {
            case .held, .uncertain: return nil
            case .downloading: running += 1
            default:
                guard let whole = expected[job.model] else { return nil }
                // When a job that waits for its time will be done is not known.
                if let next = job.nextTryAt, next > now { return nil }
                if job.submittedAt != nil { running += 1 }
                let rest = max(.zero, whole - (job.submittedAt.map { now - $0 } ?? .zero))
                sum += rest
                longest = max(longest, rest)
            }
        }
        let left = running > 0 ? max(longest, sum / running) : .zero
        // If all of them have taken longer than usual, nobody knows.
        return left > .zero ? left : nil
    }
}
