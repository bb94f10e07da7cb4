package import JobModel
package import JobStore
package import Outputs
internal import System

/// Removes what is old, batch by batch: first from the record, then the files. A crash in between leaves a
/// file that no record names, but never a wrong record.
package struct Pruning: Sendable {
    /// Which parts of a job are removed.
    package struct Parts: Hashable, Sendable {
        package var rows = false
        package var inputs = false
        package var files = false

        package init(rows: Bool = false, inputs: Bool = false, files: Bool = false) {
            (self.rows, self.inputs, self.files) = (rows, inputs, files)
        }
    }

    /// What was removed, or would be.
    package struct Tally: Equatable, Sendable {
        package var rows: Int64 = 0
        package var inputs: Int64 = 0
        package var files: Int64 = 0
        package var bytes: Int64 = 0
        /// Files that could not be removed, and why. Their jobs are kept.
        package var faults: [String] = []
        /// How many files are on other machines, by their names, or in another jobd's directory on this one,
        /// without a name. Their jobs are kept, too.
        package var elsewhere: [String: Int64] = [:]

        package init() {}

        /// Whether nothing was removed, or would be.
        package var isEmpty: Bool { rows + inputs + files == 0 }

        package static func += (sum: inout Tally, more: Tally) {
            sum.rows += more.rows
            sum.inputs += more.inputs
            sum.files += more.files
            sum.bytes += more.bytes
            sum.faults += more.faults
            sum.elsewhere.merge(more.elsewhere, uniquingKeysWith: +)
        }
    }

    /// The number of jobs per transaction: the lock is held for a few milliseconds.
    package static let batch = 100

    private let parts: Parts
    private let moment: Timestamp
    private let filter: JobFilter
    private let places: OutputPlaces
    private let program: String

    /// - Parameter moment: only jobs that ended before it.
    package init(
        _ parts: Parts, before moment: Timestamp, _ filter: JobFilter = JobFilter(), places: OutputPlaces,
        by program: String
    ) {
        self.parts = parts
        self.moment = moment
        self.filter = filter
        self.places = places
        self.program = program
    }

    /// Whether words are removed that `search` may know.
    package var removesWords: Bool { parts.rows || parts.inputs }

    /// The next jobs to prune.
    package func next(after last: EndedJob?, in store: JobDatabase) throws -> [EndedJob] {
        try store.ended(before: moment, filter, after: last, limit: Self.batch)
    }

    /// What there is to remove of a job.
    package func count(_ id: Int64, in store: JobDatabase) throws -> Tally {
        var tally = Tally()
        guard let job = try store.find(id) else { return tally }
        if parts.rows { tally.rows = 1 }
        // The input is removed with the row anyway.
        if parts.inputs, !parts.rows, job.inputRemovedAt == nil { tally.inputs = 1 }
        if parts.files {
            let (files, others) = try files(of: id, in: store)
            tally.files += Int64(files.count)
            tally.bytes += files.reduce(0) { $0 + ($1.bytes ?? 0) }
            tally.elsewhere = Self.byHost(others)
            // Its row stays until they are gone.
            if !others.isEmpty { (tally.rows, tally.inputs) = (0, 0) }
        }
        return tally
    }

    /// The files of a job that are this machine's to remove, objects too; and those of another one, or of
    /// another jobd's directory.
    private func files(of id: Int64, in store: JobDatabase) throws -> (own: [Output], others: [Output]) {
        let kept = try store.outputs(of: id).filter(\.isKept)
        let isAnothers = { (output: Output) in
            output.isElsewhere
                || store.isShared && output.local != .gone
                    && output.path.map { places.file($0).isOutside } ?? false
        }
        return (kept.filter { !isAnothers($0) }, kept.filter(isAnothers))
    }

    private static func byHost(_ files: [Output]) -> [String: Int64] {
        files.reduce(into: [:]) { $0[$1.isElsewhere ? $1.host ?? "" : "", default: 0] += 1 }
    }

    /// Files whose removal is recorded.
    package struct Announced: Sendable {
        fileprivate let jobs: [EndedJob]
        fileprivate let files: [Output]
        fileprivate let others: [Output]
    }

    /// Before the files: the record says that they are gone; inside a transaction of the caller's.
    package func announce(_ jobs: [EndedJob], in store: JobDatabase) throws -> Announced {
        var (files, others): ([Output], [Output]) = ([], [])
        guard parts.files else { return Announced(jobs: jobs, files: [], others: []) }
        for job in jobs where try store.hasEnded(job.id, before: moment) {
            let (own, anothers) = try self.files(of: job.id, in: store)
            others += anothers
            guard !own.isEmpty else { continue }
            try store.noteRemoved(own.map(\.position), of: job.id, by: program)
            files += own
        }
        return Announced(jobs: jobs, files: files, others: others)
    }

    /// What became of the files.
    package struct Removal: Sendable {
        fileprivate let announced: Announced
        fileprivate var kept: [Output] = []
        fileprivate var tally = Tally()
    }

    /// Removes the files, and a job's sidecar together with its last file.
    package func removeFiles(_ announced: Announced) -> Removal {
        var removal = Removal(announced: announced)
        removal.tally.elsewhere = Self.byHost(announced.others)
        for (index, output) in announced.files.enumerated() {
            guard let recorded = output.path else { continue }
            let file = places.file(recorded)
            // The name of a file that was moved may be another's by now. jobd removes its object.
            let isHere = output.local != .gone
            if isHere, file.isOutside {
                removal.kept.append(output)
                removal.tally.faults.append("\(recorded) is outside output_dir, so it is kept")
                continue
            }
            do throws(SystemError) {
                if isHere { try file.removeDescription() }
                if isHere ? try file.remove() : true {
                    removal.tally.files += 1
                    removal.tally.bytes += output.bytes ?? 0
                }
                let isLast =
                    index + 1 == announced.files.count || announced.files[index + 1].jobID != output.jobID
                if isLast { _ = try file.sidecar(of: output.jobID).remove() }
            } catch {
                removal.kept.append(output)
                removal.tally.faults.append("\(recorded) cannot be removed: \(error)")
            }
        }
        return removal
    }

    /// Removes the rest, after the files, inside a transaction of the caller.
    package func finish(_ removal: Removal, in store: JobDatabase) throws -> Tally {
        var tally = removal.tally
        for output in removal.kept { try store.takeBackRemoval(of: output) }
        let keepers = Set((removal.kept + removal.announced.others).map(\.jobID))
        for job in removal.announced.jobs
        where try !keepers.contains(job.id) && store.hasEnded(job.id, before: moment) {
            if parts.rows {
                if try store.removeRow(of: job.id) { tally.rows += 1 }
            } else if parts.inputs, try store.removeInput(of: job.id, by: program) {
                tally.inputs += 1
            }
        }
        return tally
    }
}
