internal import Catalogue
internal import CommandLineTool
internal import JSON

/// What jobd has found out about a file that an input names.
struct FileLook {
    enum Verdict: String {
        case found, refused, unreachable
    }

    let verdict: Verdict
    let reason: String?
    let facts: FileFacts
    private let kind: String?
    private let mediaType: String?
    /// Everything, for `--json`.
    let members: JSONObject

    /// Nil where this is no answer of jobd's.
    init?(_ answer: JSON) {
        guard let verdict = answer["verdict"]?.string.flatMap(Verdict.init), let members = answer.object
        else {
            return nil
        }
        self.verdict = verdict
        self.members = members
        reason = answer["reason"]?.string
        kind = answer["kind"]?.string
        mediaType = answer["media_type"]?.string
        func number(_ key: String) -> Int64? { answer[key]?.integer }
        facts = FileFacts(
            bytes: number("bytes"), width: number("width").map { Int($0) },
            height: number("height").map { Int($0) })
    }

    /// Why the file is not of the kind that the schema asks for; nil where it is, or where nobody can tell.
    func fault(for demand: FileDemand) -> String? {
        guard let kind, let mediaType else { return nil }
        // A format that is not known here may be right all the same.
        let isKnown =
            kind != "file"
            || !["application/octet", "image/", "video/", "audio/"].contains {
                mediaType.hasPrefix($0)
            }
        guard isKnown else { return nil }
        if let wanted = demand.kind {
            return kind == wanted ? nil : "is \(mediaType), no \(wanted)"
        }
        let hasShape = demand.validations.contains { rule in
            guard case .bound(let measure, _, _) = rule.kind else { return false }
            return measure != .megabytes
        }
        return hasShape && ["audio", "file"].contains(kind)
            ? "is \(mediaType), which has no width and height" : nil
    }

    /// A row of the table: what it is, how large, and how much of it was read to know.
    var cells: [String] {
        let size = facts.bytes.map(ByteText.of)
        let shape = facts.width.flatMap { width in facts.height.map { "\(width)x\($0)" } }
        return [verdict == .found ? mediaType ?? "-" : verdict.rawValue, size ?? "-", shape ?? "-"]
    }
}
