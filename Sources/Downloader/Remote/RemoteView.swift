package import HTTP
internal import JobModel
internal import Media

/// A piece of a file from an answer, and what the answer says about the whole.
package struct RemotePiece {
    let bytes: [UInt8]
    /// The whole file's size; nil if the server does not give it.
    let size: Int64?
    let declaredType: String?
    /// The bytes are not those of the file.
    let isEncoded: Bool
    /// Whether the server supports ranges.
    let isRange: Bool

    package init(_ head: HTTPResponse, _ bytes: [UInt8], isCut: Bool) {
        self.bytes = bytes
        isRange = head.status == 206
        declaredType = head.headers["content-type"]
        let encoding = head.headers["content-encoding"]?.lowercased() ?? ""
        isEncoded = !encoding.isEmpty && encoding != "identity"
        // Without a length, the end of the transfer is the end of the file.
        let announced = head.isWholeFile ? head.contentLength ?? (isCut ? nil : Int64(bytes.count)) : nil
        size = announced ?? ContentRange(head.headers["content-range"])?.total
    }
}

/// What is known so far about a file on a server, and which part to request next.
package struct RemoteView {
    /// Where to request it: a redirect changes that.
    var address: WebAddress
    private(set) var pieces = FilePieces()
    /// Nil once nothing more is needed.
    package private(set) var missing: Int64? = 0
    private var facts: MediaFacts?
    private var declaredType: String?
    private var refusal: String?
    private var remark: String?

    package init(_ address: WebAddress) { self.address = address }

    /// Whether these pieces show the format and, if it has any, the dimensions.
    static func isEnough(_ pieces: FilePieces) -> Bool { isEnough(FileBytes(pieces), nil).isEnough }

    package mutating func add(_ piece: RemotePiece, at offset: Int64) {
        declaredType = declaredType ?? piece.declaredType
        pieces.size = pieces.size ?? piece.size
        missing = nil
        if piece.isEncoded {
            remark = "the server sends it encoded without being asked to"
            return
        }
        if offset > 0, piece.size != nil, piece.size != pieces.size {
            remark = "it changed while it was read"
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
        // What is still missing may contradict this.
        (facts, refusal) = (facts?.kind == .file ? nil : facts, nil)
        if piece.bytes.isEmpty {
            remark = "the server sends nothing at byte \(offset)"
        } else if !piece.isRange {
            remark = "the server sends no ranges, and it is not in the first \(pieces.count) bytes"
        } else {
            missing = file.missing
        }
    }

    package func finding(_ verdict: RemoteFinding.Verdict = .found, remark: String? = nil) -> RemoteFinding {
        RemoteFinding(
            verdict: refusal.map { .refused($0) } ?? verdict, bytes: pieces.size, facts: facts,
            remark: self.remark ?? remark, bytesRead: pieces.count)
    }

    /// In a film, the first picture track counts. In a picture, all parts that may name a size are needed: a
    /// tile or a thumbnail may precede the whole.
    private static func isEnough(_ file: FileBytes, _ declaredType: String?) -> (
        verdict: ContentVerdict, isEnough: Bool
    ) {
        let verdict = MediaProbe.verdict(
            on: file, ContentHint(kind: .file, declaredType: declaredType, url: ""))
        if case .accepted(let facts) = verdict, facts.kind == .video, facts.width != nil {
            return (verdict, true)
        }
        // Frames or pages of sound would have to be read to the end for a duration, which no rule needs.
        if case .accepted(let facts) = verdict,
            ["audio/mpeg", "audio/aac", "audio/ogg"].contains(facts.mediaType)
        {
            return (verdict, true)
        }
        return (verdict, file.missing == nil)
    }
}
