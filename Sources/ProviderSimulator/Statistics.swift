internal import JSON

/// What was asked for, since the start.
struct Statistics {
    var calls: [FaultCall: Int] = [:]
    var accepted = 0
    var downloads = 0
    var bytes = 0
    var connections = 0
    /// A token that came with a download: clients must not send it there.
    var tokensAtFiles = 0

    var json: JSON {
        var counts: JSONObject = [:]
        for call in FaultCall.allCases where call != .token && call != .job {
            counts[call.rawValue] = .integer(calls[call] ?? 0)
        }
        return .object([
            "calls": .object(counts), "accepted": .integer(accepted), "downloads": .integer(downloads),
            "bytes": .integer(bytes), "connections": .integer(connections),
            "tokens_at_files": .integer(tokensAtFiles),
        ])
    }
}
