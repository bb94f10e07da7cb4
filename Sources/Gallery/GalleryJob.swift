internal import JSON
package import JobModel

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
    /// What it is made from.
    package var sources: [Link] = []
    /// What is made from it and is not on the page, which finds the others in their sources.
    package var users: [LinkedJob] = []

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
        if !sources.isEmpty {
            members["from"] = .array(sources.map { .array([.integer($0.sourceID), $0.outputs]) })
        }
        if !users.isEmpty { members["to"] = .array(users.map(\.json)) }
        return .object(members)
    }
}

extension LinkedJob {
    fileprivate var json: JSON {
        .array([.integer(link.jobID), link.outputs] + (state.map { [.string($0.rawValue)] } ?? []))
    }
}

extension Link {
    /// The numbers of the outputs; `all` or `pick` while these are not known.
    fileprivate var outputs: JSON {
        if resolvedAt != nil { return .array(sent.map { .integer($0) }) }
        if case .position(let number) = part { return .array([.integer(number)]) }
        return .string(part.word)
    }
}
