package import JobModel
package import JobStore
package import System

/// `inputs/`, closed to everybody else: removes copies that no job needs. A job needs the copies that its
/// input names, as long as the input is there: it may be sent, retried or rerun.
package final class InputPruning: Sendable {
    private let directory: Directory

    /// What was removed, or would be.
    package struct Tally: Sendable {
        package var files: Int64 = 0
        package var bytes: Int64 = 0
        /// Copies that could not be removed, and why.
        package var faults: [String] = []

        package init() {}
    }

    /// Throws `isLocked` if somebody adds copies just now, `isMissing` if there is no `inputs/`.
    package init(_ folder: InputFolder) throws(SystemError) {
        directory = try Directory(folder.path)
        if !directory.takeLock() { throw .last }
    }

    /// The copies that no job needs.
    package static func unneeded(in folder: InputFolder, _ store: JobDatabase) throws
        -> (files: [(file: InputFile, bytes: Int64)], last: Int64)
    {
        let all = try folder.all()
        if all.isEmpty { return ([], 0) }
        let (needed, last) = try store.neededInputs()
        return (all.filter { !needed.contains($0.file) }, last)
    }

    /// Removes what a killed program has left: nobody adds copies now.
    package func sweep() throws(SystemError) {
        for name in try directory.names() where name.hasPrefix(InputDeposit.unfinished) {
            try directory.remove(name)
        }
    }

    /// Removes copies, in a transaction of the caller's: a job that names one of them cannot be stored
    /// meanwhile.
    ///
    /// - Parameter last: the last job that was looked at when they were found to be unneeded.
    package func remove(
        _ copies: [(file: InputFile, bytes: Int64)], since last: Int64, in store: JobDatabase
    ) throws -> Tally {
        let needed = try store.neededInputs(after: last).files
        var tally = Tally()
        for (file, bytes) in copies where !needed.contains(file) {
            do throws(SystemError) {
                guard try directory.remove(file.name) else { continue }
                tally.files += 1
                tally.bytes += bytes
            } catch { tally.faults.append("\(file.name) cannot be removed: \(error)") }
        }
        return tally
    }
}
