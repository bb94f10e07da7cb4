internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// The jobds that work on the store, in words.
extension RunningDaemons {
    /// `running (pid 12)`, or `2 running`; nil if none is.
    var words: String? {
        if isEmpty { return nil }
        if let sharing { return "\(sharing.count(where: \.isAlive)) running" }
        return own.map { "running (pid \($0.processID))" }
    }
}

extension StoredDaemon {
    var place: String { SafeText.escape("\(host):\(stateDirectory)") }

    /// When it was last heard of.
    var words: String {
        let span = TimeText.span(milliseconds: UInt64(max(0, silentSeconds) * 1000))
        return isAlive ? "last beat \(span) ago" : "silent for \(span): others take its jobs over"
    }

    /// The same in one word.
    var beat: String { TimeText.span(milliseconds: UInt64(max(0, silentSeconds) * 1000)) }

    var json: JSON {
        .object([
            "id": .integer(id), "host": .string(host), "state_dir": .string(stateDirectory),
            "since": .optional(since?.description), "alive": .bool(isAlive),
            "silent_s": .double((max(0, silentSeconds) * 1000).rounded() / 1000),
        ])
    }
}
