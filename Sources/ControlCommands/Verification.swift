internal import Care
internal import CommandLineTool
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import System

/// One run of `verify`: what it has found so far, reported as it is found.
struct Verification {
    let session: Session
    let store: JobDatabase
    private let places: OutputPlaces
    let repairs: Bool
    var progress: ProgressLine
    /// What was read so far.
    var checked: (files: Int64, bytes: Int64) = (0, 0)
    /// How many files are read in all, and of how many bytes, if that is known.
    private var expected: (files: Int64, bytes: String) = (0, "")
    /// How many files of each kind of damage, and foreign ones.
    var found: [String: Int64] = [:]
    private var foreignBytes: Int64 = 0
    private var hasRefusal = false
    private var asksDaemon = false
    /// Files that are in the object storage, which is asked about many at once.
    private var moved: [(job: Job, output: Output)] = []
    private static let mostMoved = 200
    /// How many files are on other machines, by their names.
    private var elsewhere: [String: Int64] = [:]

    init(_ session: Session, _ store: JobDatabase, repairs: Bool) throws {
        (self.session, self.store, self.repairs) = (session, store, repairs)
        places = try session.outputPlaces()
        progress = ProgressLine(session.screen)
    }

    /// Each file is drawn with the probability that makes the sample exactly as large as was asked.
    mutating func checkFiles(of choice: JobChoice, _ sample: Sample) throws {
        var total = try total(of: choice)
        let copies = choice.isEverything ? try InputFolder(store.directory).all() : []
        total.count += Int64(copies.count)
        total.bytes += copies.reduce(0) { $0 + $1.bytes }
        var draw = SampleDraw(sample, of: total.count)
        expected = (files: draw.wanted, bytes: sample == .all ? " of \(ByteText.of(total.bytes))" : "")
        try choice.forEach(in: store) { job in
            var damaged: [(Output, FileFault)] = []
            for output in try store.outputs(of: job.id) where output.isKept {
                if output.isElsewhere {
                    elsewhere[output.host ?? "", default: 0] += 1
                    continue
                }
                guard draw.next() else { continue }
                guard output.hasFile else {
                    moved.append((job, output))
                    continue
                }
                let fault = places.fault(of: output) { count in
                    checked.bytes += count
                    showProgress()
                }
                // It may have been fetched again or pruned while it was read.
                if let fault, try store.output(output.position, of: job.id) == output {
                    damaged.append((output, fault))
                }
                checked.files += 1
                showProgress()
            }
            if !damaged.isEmpty { try report(damaged, job) }
            if moved.count >= Self.mostMoved { try checkMoved() }
        }
        if choice.isEverything { try checkInputs(copies, &draw) }
        try checkMoved()
        progress.clear()
    }

    mutating func showProgress() {
        progress.show(
            "\(NumberText.of(checked.files)) of \(NumberText.of(expected.files, "file")), "
                + "\(ByteText.of(checked.bytes))\(expected.bytes)")
    }

    private func total(of choice: JobChoice) throws -> (count: Int64, bytes: Int64) {
        if choice.isEverything { return try store.filesOnRecord() }
        var total: (count: Int64, bytes: Int64) = (0, 0)
        try choice.forEach(in: store) { job in
            let files = try store.filesOnRecord(of: job.id...job.id)
            total = (total.count + files.count, total.bytes + files.bytes)
        }
        return total
    }

    /// Asks the storage for what it has.
    private mutating func checkMoved() throws {
        guard !moved.isEmpty else { return }
        defer { moved = [] }
        let faults = try StorageReader(session: session).faults(of: moved.map(\.output))
        var damaged: [(Output, FileFault)] = []
        for (index, (job, output)) in moved.enumerated() {
            checked.files += 1
            if let fault = faults[index] { damaged.append((output, fault)) }
            let isLast = index + 1 == moved.count || moved[index + 1].job.id != job.id
            if isLast, !damaged.isEmpty {
                try report(damaged, job)
                damaged = []
            }
        }
    }

    private mutating func report(_ damaged: [(output: Output, fault: FileFault)], _ job: Job) throws {
        progress.clear()
        let repaired = try repair(damaged, job)
        for (output, fault) in damaged {
            let (kind, detail) = fault.words
            found[kind, default: 0] += 1
            let isRepaired = repaired.contains(output.position)
            if session.wantsJSON {
                try session.emit(
                    .object([
                        "kind": .string(kind), "job_id": .integer(job.id),
                        "position": .integer(output.position), "path": .optional(output.path),
                        "object": .optional(output.object),
                        "bytes": .optional(output.bytes), "sha256": .optional(output.sha256),
                        "detail": .optional(detail.isEmpty ? nil : detail),
                        "fetched_again": .bool(isRepaired),
                    ]))
            } else if session.isQuiet {
                try session.screen.write("\(job.id)\n")
            } else {
                let words = [detail, isRepaired ? "will be fetched again" : ""].filter { !$0.isEmpty }
                try line(
                    kind, "\(job.id)-\(output.position)",
                    (output.local == nil ? output.path : output.object) ?? "", words.joined(separator: "; "))
            }
        }
        try session.screen.flush()
    }

    /// Returns the positions of the outputs that jobd will fetch again.
    private mutating func repair(
        _ damaged: [(output: Output, fault: FileFault)], _ job: Job
    ) throws -> Set<Int64> {
        guard repairs else { return [] }
        // A file that cannot be read may be whole: it is left alone.
        let lost = damaged.filter { if case .unreadable = $0.fault { false } else { true } }
        guard !lost.isEmpty else { return [] }
        for (output, fault) in lost where fault != .missing && output.local == nil { setAside(output) }
        let positions = lost.map(\.output.position)
        switch try store.transaction({ try store.refetch(job.id, positions, by: "jobctl verify") }) {
        case .done:
            asksDaemon = true
            session.wake(store.directory)
            return Set(positions)
        case .refused(let words), .note(let words), .partly(_, let words):
            hasRefusal = true
            session.complain("job \(job.id) \(words)", about: job.id)
            return []
        case .unknown: return []
        }
    }

    private func setAside(_ output: Output) {
        guard let recorded = output.path, case let file = places.file(recorded), !file.isOutside else {
            return
        }
        do throws(SystemError) {
            session.note("note: the damaged file is kept as \(try file.setAside())")
        } catch {
            session.note("note: \(recorded) cannot be renamed (\(error)); the new file gets another name")
        }
    }

    mutating func lookForForeignFiles() throws {
        try session.forEachForeignFile(in: store, places) { foreign in
            found["foreign", default: 0] += 1
            foreignBytes += foreign.bytes
            if session.wantsJSON {
                try session.emit(foreign.json(places))
            } else if !session.isQuiet {
                try line("foreign", "", places.recorded(foreign.file), foreign.origin.words)
            }
        }
    }

    /// Compares the sums of what was spent with the charges.
    mutating func checkSums() throws {
        let wrong = try store.wrongSums()
        if wrong.isEmpty { return }
        found["sum"] = Int64(wrong.count)
        if repairs { try store.transaction { try store.repairSums() } }
        for sum in wrong {
            let place = [sum.day, sum.label].compactMap(\.self).joined(separator: " ")
            if session.wantsJSON {
                try session.emit(
                    .object([
                        "kind": "sum", "day": .optional(sum.day), "label": .optional(sum.label),
                        "sum_usd": .optional(sum.summedUSD), "charged_usd": .optional(sum.chargedUSD),
                        "repaired": .bool(repairs),
                    ]))
            } else if !session.isQuiet {
                let words =
                    "\(Money.text(sum.summedUSD)) is summed up, \(Money.text(sum.chargedUSD)) was charged"
                try line(
                    "sum", "", place.isEmpty ? "total" : place, words + (repairs ? "; added up again" : ""))
            }
        }
    }

    /// Ends a run that has only looked for foreign files.
    func finishForeign() throws -> ExitCode {
        let count = found["foreign"] ?? 0
        session.note(
            count == 0
                ? "every file belongs to a job"
                : "\(NumberText.of(count, "file")) of no job (\(ByteText.of(foreignBytes)))")
        return .success
    }

    func line(_ kind: String, _ output: String, _ path: String, _ detail: String) throws {
        let screen = session.screen
        guard screen.isTerminal else {
            return try screen.write(
                [kind, output, path, detail].map { SafeText.escape($0) }.joined(separator: "\t") + "\n")
        }
        let style = kind == "foreign" ? Style.dim : .bad
        try screen.write(
            "\(screen.styled(kind.padded(to: 10), style)) \(output.padded(to: 9)) \(SafeText.escape(path))"
                + (detail.isEmpty ? "\n" : "\n\("".padded(to: 20)) \(SafeText.escape(detail))\n"))
    }

    /// Reports the totals.
    func finish() throws -> ExitCode {
        let kinds = ["missing", "changed", "unreadable", "sum", "foreign"]
        if session.wantsJSON {
            var summary: JSONObject = [
                "kind": "summary", "checked": .integer(checked.files), "bytes": .integer(checked.bytes),
            ]
            for kind in kinds { summary[kind] = .integer(found[kind] ?? 0) }
            summary["elsewhere"] = .integer(elsewhere.values.reduce(0, +))
            try session.emit(.object(summary))
        }
        let words = kinds.compactMap { kind in found[kind].map { "\($0) \(kind)" } }
        session.note(
            "\(NumberText.of(checked.files, "file")) read (\(ByteText.of(checked.bytes))): "
                + (words.isEmpty ? "all as recorded" : words.joined(separator: ", ")))
        for (host, count) in elsewhere.sorted(by: { $0.key < $1.key }) {
            session.note("note: \(FileWords.elsewhere(count, host)): run jobctl verify there")
        }
        if asksDaemon {
            session.noteIfNoDaemon(store, "it fetches them when it runs")
            try session.finish(store)
        }
        let isDamaged = kinds.dropLast().contains { found[$0] != nil }
        return isDamaged || hasRefusal ? .no : .success
    }
}
