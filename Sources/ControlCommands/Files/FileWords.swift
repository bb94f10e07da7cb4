internal import CommandLineTool
internal import JobModel

/// What is said about files that are on another machine's disk.
enum FileWords {
    static func elsewhere(_ count: Int64, _ host: String) -> String {
        "\(NumberText.of(count, "file")) \(count == 1 ? "is" : "are") "
            + (host.isEmpty ? "in another directory of this machine" : "on \(SafeText.escape(host))")
    }

    static func toPrune(_ host: String) -> String {
        host.isEmpty
            ? "name that with --state-dir, or its output_dir with --set" : "run jobctl prune there"
    }

    /// How to get at the file of an output that is on another machine.
    static func hint(_ output: Output) -> String {
        if output.object != nil {
            return "jobctl files \(output.jobID) --fetch DIR fetches it from the storage"
        }
        let host = SafeText.escape(output.host ?? "HOST")
        return "jobctl --host ssh://\(host) files \(output.jobID) --fetch DIR brings it here"
    }
}
