internal import JobModel

/// What is known so far of a file on a server, and which place of it to ask for next.
package struct RemoteView {
    /// Where it is asked: a redirect moves it.
    var address: WebAddress
    private(set) var pieces = FilePieces()
    /// Nil once nothing is left to ask.
    package private(set) var missing: Int64? = 0
    private var facts: MediaFacts?
    private var declaredType: String?
    private var refusal: String?
    private var remark: String?

    package init(_ address: WebAddress) { self.address = address }

    /// Whether the format and, where it has any, the dimensions are in these pieces.
    static func isEnough(_ pieces: FilePieces) -> Bool { isEnough(FileBytes(pieces), nil).isEnough }

    package mutating func take(_ piece: RemotePiece, at offset: Int64) {
        declaredType = declaredType ?? piece.declaredType
        pieces.size = pieces.size ?? piece.size
        missing = nil
        if piece.isEncoded {
            remark = "the server sends it encoded, unasked"
            return
        }
        if offset > 0, piece.size != nil, piece.size != pieces.size {
            remark = "it changes while it is read"
            return
        }
        pieces.add(piece.bytes, at: offset)
        let file = FileBytes(pieces)
        let (verdict, isEnough) = Self.isEnough(file, declaredType)
        switch verdict {
        case .accepted(let found): facts = found
        case .refused(let reason): refusal = reason
        }
        if isEnough { return }
        // What is not there may show something else than what is.
        (facts, refusal) = (facts?.kind == .file ? nil : facts, nil)
        if piece.bytes.isEmpty {
            remark = "the server sends nothing at byte \(offset)"
        } else if !piece.isRange {
            remark = "the server sends no ranges, and it does not stand in the first \(pieces.count) bytes"
        } else {
            missing = file.missing
        }
    }

    package func finding(_ verdict: RemoteFinding.Verdict = .found, remark: String? = nil) -> RemoteFinding {
        RemoteFinding(
            verdict: refusal.map { .refused($0) } ?? verdict, bytes: pieces.size, facts: facts,
            remark: self.remark ?? remark, bytesRead: pieces.count)
    }

    /// A film's first picture track is the one that counts. Of a picture every part has to be seen that may
    /// name a size: a tile or a thumbnail may come before the whole.
    private static func isEnough(_ file: FileBytes, _ declaredType: String?) -> (
        verdict: ContentVerdict, isEnough: Bool
    ) {
        let verdict = MediaProbe.verdict(
            on: file, ContentHint(kind: .file, declaredType: declaredType, url: ""))
        if case .accepted(let facts) = verdict, facts.kind == .video, facts.width != nil {
            return (verdict, true)
        }
        // Of sound in frames or pages only the last one says how long it is, and no rule is about that.
        if case .accepted(let facts) = verdict,
            ["audio/mpeg", "audio/aac", "audio/ogg"].contains(facts.mediaType)
        {
            return (verdict, true)
        }
        return (verdict, file.missing == nil)
    }
}
