internal import Glibc
internal import HTTP

extension Downloader {
    /// Gives a whole file its final name: looked at, synced, recorded by the caller, renamed, directory synced.
    func place(_ order: DownloadOrder, _ sink: DownloadSink) async throws(DownloadFailure) -> DownloadedFile {
        let access = settings.access
        var file = try await pool.run { () throws(DownloadFailure) in try Self.examine(order, sink) }
        let wanted = file.path
        var number = 1
        while true {
            let directory: OutputDirectory
            (directory, file.path, number) = try await pool.run { [file, number] () throws(DownloadFailure) in
                try Self.freeName(wanted, from: number, order.root, file.facts.fileExtension, access)
            }
            if Task.isCancelled { throw .cancelled }
            do {
                try await order.willRename(file)
            } catch {
                throw .notRecorded(error)
            }
            let isDone = try await pool.run { [file] () throws(DownloadFailure) in
                try Self.rename(sink.part, to: file.path, in: directory)
            }
            if isDone { return file }
            number += 1
        }
    }

    /// What the file is; throws where it is no output. Then it is synced, before anything depends on it.
    private static func examine(_ order: DownloadOrder, _ sink: DownloadSink) throws(DownloadFailure)
        -> DownloadedFile
    {
        let part = sink.part
        guard let bytes = FileBytes(descriptor: part.descriptor) else {
            throw .system(errno, "read \(part.name.part)")
        }
        let hint = ContentHint(kind: order.kind, declaredType: part.proof?.contentType, url: order.url)
        let verdict = MediaProbe.verdict(on: bytes, hint)
        if let fault = bytes.fault { throw .system(fault, "read \(part.name.part)") }
        switch verdict {
        case .refused(let reason): throw .badContent(reason)
        case .accepted(let facts):
            if fsync(part.descriptor) != 0 {
                let failed = errno
                // What the kernel could not write it may have dropped: nothing of this file can be relied on.
                try? part.startOver()
                throw .system(failed, "sync \(part.name.part)")
            }
            let path = order.name.path(order.fields, fileExtension: facts.fileExtension)
            return DownloadedFile(path: path, bytes: sink.file.size, sha256: sink.file.sha256, facts: facts)
        }
    }

    /// The first name that is not taken, from the `number`th on.
    private static func freeName(
        _ path: String, from first: Int, _ root: String, _ fileExtension: String, _ access: FileAccess
    ) throws(DownloadFailure) -> (OutputDirectory, String, Int) {
        let place = PathParts(path)
        let directory = try OutputDirectory(root: root, relative: place.directory, making: access)
        var number = first
        while true {
            let name =
                number == 1
                ? place.name
                : OutputName.alternative(to: place.name, number: number, fileExtension: fileExtension)
            if !Sidecar.isName(name), !directory.holds(name) {
                return (directory, place.directory.isEmpty ? name : "\(place.directory)/\(name)", number)
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
        // A note without its file says nothing. It goes before the sync: after a power cut nobody would look for it.
        // Where it cannot go, the next try takes the file as it is.
        try part.directory.remove(part.name.note)
        try directory.sync()
        return true
    }
}
