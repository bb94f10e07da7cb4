internal import CommandLineTool
internal import JobModel

/// How much of a job's files has arrived.
struct DownloadProgress {
    let files: Int
    let done: Int
    let fetched: Int64
    /// Nil while a size is not known.
    let total: Int64?

    init(_ outputs: [Output]) {
        files = outputs.count
        done = outputs.count { $0.state == .done }
        fetched = outputs.reduce(0) { $0 + $1.fetched }
        let isKnown = outputs.allSatisfy { $0.bytes != nil }
        total = isKnown && files > 0 ? outputs.reduce(0) { $0 + max($1.bytes ?? 0, $1.fetched) } : nil
    }

    /// From 0 to 1: by bytes if all sizes are known, else by files.
    var share: Double {
        if let total, total > 0 { return Double(fetched) / Double(total) }
        return files > 0 ? Double(done) / Double(files) : 0
    }

    var percent: String { "\(Int(min(1, share) * 100)) %" }

    /// `━━━──── 12.5 of 40 MB`, and with several files how many are done.
    func text(_ width: Int, countsFiles: Bool = true) -> String {
        let words =
            (files > 1 && countsFiles ? "\(NumberText.of(done))/\(NumberText.of(files)) " : "")
            + (total.map { "\(ByteText.of(fetched)) of \(ByteText.of($0))" } ?? ByteText.of(fetched))
        let room = width - DisplayWidth.of(words) - 1
        return room >= 4 ? "\(Bar.text(share, width: room)) \(words)" : words
    }
}
