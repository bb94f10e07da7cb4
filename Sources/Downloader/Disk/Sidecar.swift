internal import System

/// The file beside a job's outputs that says how they were made.
package enum Sidecar {
    /// `{id}.json`, the id as in `output_name`.
    package static func name(id: Int64) -> String {
        let digits = String(id)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".json"
    }

    /// Whether the name is that of some job's sidecar. No output takes such a name, since sidecars are
    /// replaced.
    static func isName(_ name: String) -> Bool {
        let digits = name.utf8.prefix { (0x30...0x39).contains($0) }
        return digits.count >= 6 && name.utf8.dropFirst(digits.count).elementsEqual(".json".utf8)
    }

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
