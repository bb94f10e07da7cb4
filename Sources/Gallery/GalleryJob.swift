internal import JSON

/// What the page says about one job.
package struct GalleryJob: Sendable {
    package let id: Int64
    package let state: String
    package let model: String
    package var label: String?
    package var prompt: String?
    /// The input's keys and values, as text.
    package var input: [(key: String, value: String)] = []
    /// The command that makes the same again; nil if the input is no longer known.
    package var command: String?
    package var error: String?
    package var costUSD: Double?
    package var isEstimate = false
    /// In UTC, as in RFC 3339.
    package var createdAt: String
    package var endedAt: String?
    package var files: [GalleryFile] = []

    package init(id: Int64, state: String, model: String, createdAt: String) {
        (self.id, self.state, self.model, self.createdAt) = (id, state, model, createdAt)
    }

    /// For the page's script. Keys are short, because there may be a hundred thousand jobs.
    var json: JSON {
        var members: JSONObject = [
            "id": .integer(id), "s": .string(state), "m": .string(model), "at": .string(createdAt),
        ]
        members["end"] = endedAt.map(JSON.string)
        members["l"] = label.map(JSON.string)
        members["p"] = prompt.map(JSON.string)
        members["e"] = error.map(JSON.string)
        members["usd"] = costUSD.map(JSON.double)
        if isEstimate { members["est"] = .bool(true) }
        members["in"] = .array(input.map { .array([.string($0.key), .string($0.value)]) })
        members["cmd"] = command.map(JSON.string)
        members["f"] = .array(files.map(\.json))
        return .object(members)
    }
}
