internal import CommandLineTool
internal import JSON
internal import JobStore

extension StoredEvent {
    /// What happened, as a person would say it. Not yet harmless for a terminal.
    var words: String {
        let facts = (try? JSON(parsing: detail)) ?? .null
        let message = facts["message"]?.string.map { ": \($0)" } ?? ""
        switch kind {
        case .enqueued: return "enqueued"
        case .held: return "held"
        case .released: return "released"
        case .changed:
            let names = facts.object?.keys.joined(separator: ", ") ?? ""
            return names.isEmpty ? "changed" : "changed: \(names)"
        case .submitting: return "is sent"
        case .accepted: return "accepted by RunComfy"
        case .refused: return "refused\(message)"
        case .uncertain: return "uncertain\(message)"
        case .resolved: return "resolved: \(facts["as"]?.string ?? "")"
        case .status:
            let position = facts["queue_position"]?.integer.map { ", position \($0)" } ?? ""
            return "\(facts["status"]?.string ?? "status")\(position)"
        case .fault:
            if let reason = facts["pause"]?.string {
                return "submissions are paused (\(reason)): \(facts["detail"]?.string ?? "")"
            }
            if let reason = facts["resumed"]?.string { return "submissions go on (\(reason))" }
            return "trouble\(message)"
        case .cancelRequested: return "cancel asked for"
        case .output:
            let size = facts["bytes"]?.integer.map { ", \(ByteText.of($0))" } ?? ""
            return "file \(facts["path"]?.string ?? "")\(size)"
        case .ended:
            let kind = facts["error_kind"]?.string.map { " (\($0))" } ?? ""
            let reason = facts["error_message"]?.string.map { ": \($0)" } ?? ""
            return "\(facts["state"]?.string ?? "ended")\(kind)\(reason)"
        case .retried: return facts["resubmit"] == .bool(true) ? "tried again, submitted anew" : "tried again"
        }
    }
}
