internal import System

/// The file beside a job's outputs that says how they were made.
package enum Sidecar {
    /// Writes or replaces the file at `path` below `root`: whole or not at all. The directory that it answers
    /// has the new name, and is yet to be synced.
    static func write(
        _ bytes: [UInt8], root: String, path: String, _ access: FileAccess, _ open: OpenDirectories
    )
        throws(DownloadFailure) -> OutputDirectory
    {
        let place = PathParts(path)
        let directory = try open.open(place.directory, below: root, making: access)
        let temporaryName = ".\(place.name).part"
        try directory.remove(temporaryName)
        let file = try directory.create(temporaryName, access)
        do throws(DownloadFailure) {
            try DownloadFailure.doing("write \(temporaryName)", try file.write(bytes))
            try DownloadFailure.doing("sync \(temporaryName)", try file.sync())
            try directory.replace(place.name, with: temporaryName)
        } catch {
            try? directory.remove(temporaryName)
            throw error
        }
        return directory
    }
}
