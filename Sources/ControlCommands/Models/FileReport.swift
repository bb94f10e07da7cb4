internal import Catalogue
internal import CommandLineTool
internal import JSON

/// What jobd found out about a file that an input names.
struct FileReport {
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

    /// Nil if the answer is not one of jobd.
    init?(_ answer: JSON) {
        guard let verdict = answer["verdict"]?.string.flatMap(Verdict.init), let members = answer.object
        else { return nil }
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

    /// Why the file is not of the kind that the schema asks for; nil if it is, or if that is not known.
    func fault(for demand: FileDemand) -> String? {
        guard let kind, let mediaType else { return nil }
        return demand.fault(kind: kind, mediaType)
    }

    /// Cells of the table: type, size and pixels.
    var cells: [String] {
        let size = facts.bytes.map(ByteText.of)
        let shape = facts.width.flatMap { width in facts.height.map { "\(width)x\($0)" } }
        return [verdict == .found ? mediaType ?? "-" : verdict.rawValue, size ?? "-", shape ?? "-"]
    }
}
