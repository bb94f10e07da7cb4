internal import Outputs
internal import System

/// The file beside a job's outputs that says how they were made.
enum Sidecar {
    /// Writes or replaces the file: whole or not at all. The directory that it answers has the new name, and
    /// is yet to be synced.
    static func write(
        _ bytes: [UInt8], to file: OutputFile, _ access: FileAccess, _ open: OpenDirectories
    ) throws(DownloadFailure) -> OutputDirectory {
        let place = PathParts(file.path)
        let directory = try open.open(place.directory, below: file.folder.path, making: access)
        let temporaryName = TemporaryName.of(sidecar: place.name)
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
