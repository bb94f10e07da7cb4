internal import JobModel
package import JobStore
package import Outputs

extension JobDatabase {
    /// Whether a job has the file: as an output, as its sidecar, or as a download that is under way. Others
    /// were put among them by somebody else.
    package func knows(_ file: OutputFile, in places: OutputPlaces) throws -> Bool {
        // A path below outputs/ may stand there in either form: output_dir may lie inside of it.
        for path in [places.recorded(file), file.absolutePath] where try isOnRecord(path: path) {
            return true
        }
        if let id = JobFileName.job(ofSidecar: file.name) { return try find(id) != nil }
        if let id = TemporaryName.job(of: file.name), let job = try find(id) {
            // What was given up is continued by a retry.
            return !job.state.hasEnded || job.failureKind == .download
        }
        return false
    }
}
