internal import CommandLineTool
internal import JobModel

extension Job {
    /// What is known about it beside its input, its files and its events, each with a name.
    func fields(now: Timestamp) -> [(name: String, value: String)] {
        func at(_ moment: Timestamp?) -> String? {
            guard let time = moment?.milliseconds else { return nil }
            return "\(TimeText.local(time)) (\(TimeText.relative(time, now: now.milliseconds)))"
        }
        let fields: [(String, String?)] = [
            ("model", model), ("label", label), ("key", key),
            ("priority", priority == 0 ? nil : String(priority)), ("not before", at(notBefore)),
            ("request", requestID), ("remote status", remoteStatus),
            ("queue position", queuePosition.map { NumberText.of($0) }),
            (failureKind.map { "failed (\($0.rawValue))" } ?? "message", message),
            ("cancel requested", at(cancelRequestedAt)),
            ("price", priceUSD.map { "about \(Money.text($0))" }), ("cost", costUSD.map(Money.text)),
            ("created", at(createdAt)), ("submitted", at(submittedAt)), ("started", at(startedAt)),
            ("finished", at(finishedAt)), ("ended", at(endedAt)),
            ("next try", state == .queued ? at(nextTryAt) : nil),
        ]
        return fields.compactMap { name, value in value.map { (name, $0) } }
    }
}
