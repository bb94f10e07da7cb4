/// Metrics in Prometheus' text format.
struct MetricsPage {
    enum Kind: String {
        case gauge, counter, histogram
    }

    private var lines: [String] = []

    var text: String { lines.joined(separator: "\n") + "\n" }

    mutating func add(
        _ name: String, _ kind: Kind, _ help: String, _ values: [(labels: String, value: Double)]
    ) {
        head(name, kind, help)
        for (labels, value) in values {
            lines.append("\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(value))")
        }
    }

    private mutating func head(_ name: String, _ kind: Kind, _ help: String) {
        lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(kind.rawValue)"]
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    mutating func add(_ tally: MetricsTally) {
        add("jobd_jobs_enqueued_total", .counter, "Jobs put into the queue.", [("", Double(tally.enqueued))])
        add(
            "jobd_submissions_total", .counter, "What became of submissions.",
            tally.submissions.sorted { $0.key < $1.key }.map { ("result=\"\($0.key)\"", Double($0.value)) })
        add(
            "jobd_jobs_ended_total", .counter, "Jobs that ended, by state.",
            tally.ended.sorted { $0.key < $1.key }.map { ($0.key, Double($0.value)) })
        add(
            "jobd_faults_total", .counter, "Faults of jobs, outputs and the account.",
            [("", Double(tally.faults))])
        add("jobd_output_files_total", .counter, "Files fetched.", [("", Double(tally.files))])
        add("jobd_output_bytes_total", .counter, "Bytes of the files fetched.", [("", Double(tally.bytes))])
        let stored = tally.stored
        add("jobd_stored_files_total", .counter, "Files put into the storage.", [("", Double(stored.files))])
        add("jobd_stored_bytes_total", .counter, "Bytes of these files.", [("", Double(stored.bytes))])
        for (name, help, histogram) in [
            ("jobd_job_wait_seconds", "From enqueueing to submission, of completed jobs.", tally.wait),
            ("jobd_job_run_seconds", "From submission to the end at RunComfy, of completed jobs.", tally.run),
            ("jobd_job_fetch_seconds", "From the end at RunComfy until all files were here.", tally.fetch),
        ] {
            head(name, .histogram, help)
            lines += histogram.lines(name)
        }
    }
}
