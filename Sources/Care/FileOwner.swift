internal import JobModel
package import JobStore

/// Tells the files of jobs from those that somebody else put among them.
package struct FileOwner {
    private let store: JobDatabase
    private let places: OutputPlaces

    package init(_ store: JobDatabase, _ places: OutputPlaces) {
        self.store = store
        self.places = places
    }

    /// Whether a job has the file: as an output, as its sidecar, or as a download that is under way.
    package func knows(_ path: String, in folder: OutputFolder) throws -> Bool {
        // A path below outputs/ may stand there in either form: output_dir may lie inside of it.
        if folder == places.own, try store.isOnRecord(path: path) { return true }
        if try store.isOnRecord(path: folder.path + "/" + path) { return true }
        let name = path.split(separator: "/").last ?? ""
        if let id = JobFileName.job(ofSidecar: name) { return try store.find(id) != nil }
        if let id = Self.temporary(name), let job = try store.find(id) {
            // What was given up is continued by a retry.
            return !job.state.hasEnded || job.failureKind == .download
        }
        return false
    }

    /// The sidecar of a job, in the folder of its file `path`.
    static func sidecar(of id: Int64, beside path: String) -> String {
        let name = JobFileName.sidecar(of: id)
        return path.lastIndex(of: "/").map { path[...$0] + name } ?? name
    }

    /// The job of `.000012-1.part`, `.000012-1.part.json` or `.000012.json.part`.
    private static func temporary(_ name: Substring) -> Int64? {
        guard name.hasPrefix("."), name.hasSuffix(".part") || name.hasSuffix(".part.json") else { return nil }
        return Int64(name.dropFirst().prefix { ("0"..."9").contains($0) })
    }
}
