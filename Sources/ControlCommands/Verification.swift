internal import Care
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import System

/// One run of `verify`: what it has found so far, told as it is found.
struct Verification {
    private let session: Session
    private let store: JobDatabase
    private let places: OutputPlaces
    private let repairs: Bool
    private var progress: VerificationProgress
    private var found: [String: Int64] = [:]
    private var refused = false
    private var asked = false

    init(session: Session, store: JobDatabase, places: OutputPlaces, repairs: Bool) {
        self.session = session
        self.store = store
        self.places = places
        self.repairs = repairs
        progress = VerificationProgress(session.screen)
    }

    /// Each of the files is drawn with the chance that makes the sample just as large as was asked.
    mutating func checkFiles(of choice: JobChoice, _ sampling: Sampling) throws {
        var total: (count: Int64, bytes: Int64) = (0, 0)
        if choice.isEverything {
            total = try store.filesOnRecord()
        } else {
            try choice.forEach(in: store) { job in
                let files = try store.filesOnRecord(of: job.id...job.id)
                total = (total.count + files.count, total.bytes + files.bytes)
            }
        }
        var left = total.count
        var wanted = sampling.size(of: total.count)
        progress.expect(files: wanted, bytes: sampling == .all ? total.bytes : nil)
        try choice.forEach(in: store) { job in
            var damaged: [(Output, FileFault)] = []
            for output in try store.outputs(of: job.id) where output.hasFile {
                let isDrawn = sampling == .all || Int64.random(in: 0..<max(1, left)) < wanted
                left -= 1
                guard isDrawn else { continue }
                wanted -= 1
                if let finding = places.fault(of: output, didRead: { progress.read($0) }),
                    // It may have been fetched anew or pruned while it was read.
                    try store.output(output.position, of: job.id) == output
                {
                    damaged.append((output, finding))
                }
                progress.finishFile()
            }
            if !damaged.isEmpty { try tell(damaged, job) }
        }
        progress.end()
    }

    private mutating func tell(_ damaged: [(output: Output, finding: FileFault)], _ job: Job) throws {
        progress.end()
        let repaired = try repair(damaged, job)
        for (output, finding) in damaged {
            let (kind, detail) =
                switch finding {
                case .missing: ("missing", "")
                case .changed(let detail): ("changed", detail)
                case .unreadable(let detail): ("unreadable", detail)
                }
            found[kind, default: 0] += 1
            let isRepaired = repaired.contains(output.position)
            if session.wantsJSON {
                try session.emit(
                    .object([
                        "kind": .string(kind), "job_id": .integer(job.id),
                        "position": .integer(output.position),
                        "path": .optional(output.path), "bytes": .optional(output.bytes),
                        "sha256": .optional(output.sha256),
                        "detail": .optional(detail.isEmpty ? nil : detail),
                        "fetched_again": .bool(isRepaired),
                    ]))
            } else if session.isQuiet {
                try session.screen.write("\(job.id)\n")
            } else {
                let words = [detail, isRepaired ? "is fetched again" : ""].filter { !$0.isEmpty }
                try line(
                    kind, "\(job.id)-\(output.position)", output.path ?? "", words.joined(separator: "; "))
            }
        }
        try session.screen.flush()
    }

    /// Answers which outputs jobd fetches again.
    private mutating func repair(_ damaged: [(output: Output, finding: FileFault)], _ job: Job) throws
        -> Set<Int64>
    {
        guard repairs else { return [] }
        // What could not be read may be whole: it is left alone.
        let lost = damaged.filter { if case .unreadable = $0.finding { false } else { true } }
        guard !lost.isEmpty else { return [] }
        for (output, finding) in lost where finding != .missing { setAside(output) }
        let positions = lost.map(\.output.position)
        switch try store.transaction({ try store.refetch(job.id, positions, by: "jobctl verify") }) {
        case .done:
            asked = true
            session.wake(store.directory)
            return Set(positions)
        case .refused(let words), .note(let words):
            refused = true
            session.screen.say(SafeText.escape("jobctl: job \(job.id) \(words)"))
            return []
        case .unknown: return []
        }
    }

    private func setAside(_ output: Output) {
        guard let recorded = output.path, case let file = places.file(recorded), !file.isForeign else {
            return
        }
        do throws(SystemError) {
            session.note("note: the damaged file is kept as \(try file.setAside())")
        } catch {
            session.note("note: \(recorded) cannot be renamed (\(error)); the new file gets another name")
        }
    }

    mutating func lookForForeignFiles() throws {
        for folder in places.folders {
            do {
                try folder.forEachFile { file in
                    guard try !store.knows(file, in: places) else { return }
                    found["foreign", default: 0] += 1
                    let path = places.recorded(file)
                    if session.wantsJSON {
                        try session.emit(.object(["kind": "foreign", "path": .string(path)]))
                    } else if !session.isQuiet {
                        try line("foreign", "", path, "")
                    }
                }
            } catch let fault as SystemError {
                throw Failure(.inputOutput, "cannot read \(SafeText.escape(folder.path)): \(fault)")
            }
        }
    }

    private func line(_ kind: String, _ output: String, _ path: String, _ detail: String) throws {
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

    /// Says what came of it all.
    func finish() throws -> ExitCode {
        let kinds = ["missing", "changed", "unreadable", "foreign"]
        if session.wantsJSON {
            var summary: JSONObject = [
                "kind": "summary", "checked": .integer(progress.files), "bytes": .integer(progress.bytes),
            ]
            for kind in kinds { summary[kind] = .integer(found[kind] ?? 0) }
            try session.emit(.object(summary))
        }
        let words = kinds.compactMap { kind in found[kind].map { "\($0) \(kind)" } }
        session.note(
            "\(NumberText.of(progress.files, "file")) read (\(ByteText.of(progress.bytes))): "
                + (words.isEmpty ? "all as recorded" : words.joined(separator: ", ")))
        if asked {
            session.noteIfNoDaemon(store.directory, "it fetches them when it runs")
            try session.finish(store)
        }
        let isDamaged = kinds.dropLast().contains { found[$0] != nil }
        return isDamaged || refused ? .no : .success
    }
}
