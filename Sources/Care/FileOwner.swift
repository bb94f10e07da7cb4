internal import JobModel
package import JobStore
package import Outputs

/// Tells the files of jobs from those that somebody else put among them.
package struct FileOwner {
    private let store: JobDatabase
    private let places: OutputPlaces

    package init(_ store: JobDatabase, _ places: OutputPlaces) {
        self.store = store
        self.places = places
    }

    /// Whether a job has the file: as an output, as its sidecar, or as a download that is under way.
    package func knows(_ file: OutputFile) throws -> Bool {
        // A path below outputs/ may stand there in either form: output_dir may lie inside of it.
        for path in [places.recorded(file), file.absolutePath] where try store.isOnRecord(path: path) {
            return true
        }
        if let id = SidecarName.job(of: file.name) { return try store.find(id) != nil }
        if let id = TemporaryName.job(of: file.name), let job = try store.find(id) {
            // What was given up is continued by a retry.
            return !job.state.hasEnded || job.failureKind == .download
        }
        return false
    }
}
