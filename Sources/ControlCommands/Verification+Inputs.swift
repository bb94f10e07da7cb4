internal import CommandLineTool
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import System

/// The copies of local files, in `inputs/`.
extension Verification {
    mutating func checkInputs(
        _ copies: [(file: InputFile, bytes: Int64)], _ draw: inout SampleDraw
    ) throws {
        let folder = InputFolder(store.directory)
        // The first job that needs each copy.
        var needed: [InputFile: Int64] = [:]
        try store.forEachJobWithFiles { job, files in
            for file in files where needed[file] == nil { needed[file] = job }
        }
        let held = Set(copies.map(\.file))
        for (file, job) in needed.sorted(by: { ($0.value, $0.key.name) < ($1.value, $1.key.name) })
        where !held.contains(file) && folder.file(file).size == nil {
            try report(.missing, file, job, nil, folder)
        }
        for (file, bytes) in copies {
            guard draw.next(), let job = needed[file] else { continue }
            if let fault = folder.fault(in: file, didRead: { checked.bytes += $0 }), fault != .missing {
                try report(fault, file, job, bytes, folder)
            }
            checked.files += 1
            showProgress()
        }
        let unneeded = copies.filter { needed[$0.file] == nil }
        if unneeded.isEmpty { return }
        progress.clear()
        session.note(
            "note: no job needs \(CopyPruning.words(unneeded.count, unneeded.reduce(0) { $0 + $1.bytes })): "
                + "jobctl prune --inputs")
    }

    private mutating func report(
        _ fault: FileFault, _ file: InputFile, _ job: Int64, _ bytes: Int64?, _ folder: InputFolder
    ) throws {
        progress.clear()
        let (kind, detail) = fault.words
        found[kind, default: 0] += 1
        let isRepaired = repairs && kind != "unreadable" ? try repair(file, folder) : false
        let path = "inputs/" + file.name
        if session.wantsJSON {
            try session.emit(
                .object([
                    "kind": .string(kind), "job_id": .integer(job), "position": .null, "path": .string(path),
                    "bytes": .optional(bytes), "sha256": .string(file.sha256),
                    "detail": .optional(detail.isEmpty ? nil : detail), "fetched_again": .bool(isRepaired),
                ]))
        } else if session.isQuiet {
            try session.screen.write("\(job)\n")
        } else {
            let original = try store.originalPath(of: file)
            let words = [
                detail,
                isRepaired ? "copied again from \(original ?? "")" : original.map { "was \($0)" } ?? "",
            ]
            try line(kind, "\(job)", path, words.filter { !$0.isEmpty }.joined(separator: "; "))
        }
        try session.screen.flush()
    }

    /// Copies the file again, if it is still where it was, and as it was.
    private func repair(_ file: InputFile, _ folder: InputFolder) throws -> Bool {
        guard let original = try store.originalPath(of: file) else { return false }
        do {
            let source = try FileDescriptor(openingWithoutWaiting: original)
            guard try source.status().isFile else { return false }
            let deposit = try InputDeposit(folder)
            try deposit.add(source, as: file)
            try deposit.sync()
            return true
        } catch {
            return false
        }
    }
}

/// Draws a sample that is exactly as large as was asked.
struct SampleDraw {
    private let isWhole: Bool
    private var left: Int64
    private(set) var wanted: Int64

    init(_ sample: Sample, of total: Int64) {
        (isWhole, left, wanted) = (sample == .all, total, sample.size(of: total))
    }

    mutating func next() -> Bool {
        let isDrawn = isWhole || Int64.random(in: 0..<max(1, left)) < wanted
        left -= 1
        if isDrawn { wanted -= 1 }
        return isDrawn
    }
}

extension FileFault {
    /// The kind of the damage, and what more is known of it.
    var words: (kind: String, detail: String) {
        switch self {
        case .missing: ("missing", "")
        case .changed(let detail): ("changed", detail)
        case .unreadable(let detail): ("unreadable", detail)
        }
    }
}
