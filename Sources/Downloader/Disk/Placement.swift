internal import HTTP
internal import JobModel
internal import Outputs
internal import System

extension Downloader {
    /// Gives a whole file its final name: looked at, synced, recorded by the caller, renamed, directory
    /// synced.
    func place(_ order: DownloadOrder, _ sink: DownloadSink) async throws(DownloadFailure) -> DownloadedFile {
        let (access, directories) = (settings.access, directories)
        var (file, free) = try await pool.run { () throws(DownloadFailure) in
            let file = try Self.examine(order, sink)
            return (file, try Self.freeName(file, from: 1, order.root, access, directories))
        }
        let wanted = file
        while true {
            let directory = free.directory
            file.path = free.path
            if Task.isCancelled { throw .cancelled }
            do {
                try await order.willRename(file)
            } catch {
                throw .notRecorded(error)
            }
            let isDone = try await syncs.sync { [file] () throws(DownloadFailure) in
                try Self.rename(sink.part, to: file.path, in: directory) ? directory : nil
            }
            if isDone { return file }
            free = try await pool.run { [number = free.number + 1] () throws(DownloadFailure) in
                try Self.freeName(wanted, from: number, order.root, access, directories)
            }
        }
    }

    /// What the file is; throws where it is no output. Then it is synced, before anything depends on it.
    private static func examine(_ order: DownloadOrder, _ sink: DownloadSink) throws(DownloadFailure)
        -> DownloadedFile
    {
        let part = sink.part
        guard let bytes = FileBytes(part.file) else {
            throw .system(.last, "read \(part.name.part)")
        }
        let verdict = MediaProbe.verdict(on: bytes, part.hint(order))
        if let fault = bytes.fault { throw .system(fault, "read \(part.name.part)") }
        switch verdict {
        case .refused(let reason): throw .badContent(reason)
        case .accepted(let facts):
            do throws(SystemError) { try part.file.sync() } catch {
                // What the kernel could not write it may have dropped: nothing of this file can be relied on.
                try? part.startOver()
                throw .system(error, "sync \(part.name.part)")
            }
            let path = order.name.path(order.fields, fileExtension: facts.fileExtension)
            return DownloadedFile(path: path, bytes: sink.file.size, sha256: sink.file.sha256, facts: facts)
        }
    }

    private struct FreeName: Sendable {
        let directory: OutputDirectory
        let path: String
        let number: Int
    }

    /// The first name for the file that is not taken, from the `first` alternative on.
    private static func freeName(
        _ file: DownloadedFile, from first: Int, _ root: String, _ access: FileAccess, _ open: OpenDirectories
    ) throws(DownloadFailure) -> FreeName {
        let place = PathParts(file.path)
        let directory = try open.open(place.directory, below: root, making: access)
        var number = first
        while true {
            let name =
                number == 1
                ? place.name
                : OutputName.alternative(
                    to: place.name, number: number,
                    fileExtension: file.facts.fileExtension)
            if JobFileName.job(ofSidecar: name) == nil, !directory.folder.holds(name) {
                return FreeName(directory: directory, path: place.sibling(name), number: number)
            }
            number += 1
        }
    }

    private static func rename(_ part: PartialFile, to path: String, in directory: OutputDirectory)
        throws(DownloadFailure) -> Bool
    {
        guard try part.directory.rename(part.name.part, to: PathParts(path).name, in: directory) else {
            return false
        }
        // A note without its file says nothing. It goes before the sync: after a power cut nobody would look
        // for it. Where it cannot go, the next try takes the file as it is.
        try part.removeNote()
        return true
    }
}
