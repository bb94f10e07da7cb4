internal import Glibc
internal import HTTP
internal import Outputs

/// Takes an answer's body into a partial file, if the answer is the file or its continuation.
///
/// Its members are used by the transfer thread during a request, and by the download's task before and after
/// it.
final class DownloadSink: HTTPSink, @unchecked Sendable {
    let part: PartialFile
    let file: FileSink
    /// The whole file's size, once a server has said it.
    private(set) var total: Int64?
    /// What the answer says of its body's encoding, and whether that is decoded on its way here.
    private(set) var encoding = BodyEncoding()
    /// How many bytes the answer was to have as it is sent, encoded or only called so.
    private(set) var answerLength: Int64?
    var decodes = false

    /// Where the range that the answer names ends; nil where it names none.
    private var rangeEnd: Int64?

    private let claim: SpaceClaim
    private let didProgress: @Sendable (_ fetched: Int64, _ total: Int64?) -> Void
    private var lastTold = ContinuousClock.now
    private var begun = ContinuousClock.now
    /// Why the body was not taken, where it was not the answer's status.
    private var failure: DownloadFailure?

    /// What may have to come once more if jobd is killed: that costs less than a note of every small file.
    private static let muchToLose: Int64 = 1 << 20
    private static let longToLose = Duration.milliseconds(100)

    init(
        _ part: PartialFile, _ claim: SpaceClaim, limit: Int64,
        didProgress: @escaping @Sendable (_ fetched: Int64, _ total: Int64?) -> Void
    ) {
        self.part = part
        self.claim = claim
        self.didProgress = didProgress
        // This sink has judged the answer before the file asks.
        file = FileSink(part.file, limit: limit, isEmpty: part.length == 0) { head in
            head.status == 206 ? .goOn : .startOver
        }
    }

    /// How many bytes of an answer so far can be continued.
    var offset: Int64 { part.proof == nil ? 0 : file.size }

    /// How many bytes need not come again in another try.
    var kept: Int64 { hasAll || part.proof?.validator != nil ? offset : 0 }

    /// Whether every byte is here: the size is known, and reached.
    var hasAll: Bool { total == file.size }

    /// Whether the server has sent all of the part that it wanted to send, and the next can be asked for.
    var hasWholePart: Bool { rangeEnd == file.size && part.proof?.validator != nil }

    /// Reads what an earlier try left, where it can be continued or is whole.
    func takeUp(expecting size: Int64?) throws(DownloadFailure) {
        let length = part.length
        if let proof = part.proof {
            let isWhole = proof.total == length
            if length == 0 || proof.total.map({ $0 < length }) ?? false
                || (proof.validator == nil && !isWhole)
            {
                try part.startOver()
            }
        }
        if part.proof != nil, !file.resume() { throw fileFailure ?? .disk("cannot read \(part.name.part)") }
        total = part.proof?.total
        // Better found out before anything is asked for.
        let rest = (total ?? size).map { max(0, $0 - file.size) }
        if !claim.expect(rest ?? 0) { throw Self.noSpace }
    }

    func startOver() throws(DownloadFailure) {
        try part.startOver()
        total = nil
        if !file.resume() { throw fileFailure ?? .disk("cannot read \(part.name.part)") }
    }

    /// What ended the transfer from this side; nil where it was the answer's status.
    var reasonToEnd: DownloadFailure? { failure ?? fileFailure }

    func begin(_ head: HTTPResponse) -> Bool {
        rangeEnd = nil
        if head.hasTwoLengths { return end(.network("the server told two lengths", retryAfter: nil)) }
        return switch head.status {
        case 206 where offset > 0: goOn(head)
        case 206: startWithPart(head)
        default: head.isWholeFile && start(head)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let rangeEnd, file.size + Int64(bytes.count) > rangeEnd { return endLyingRange() }
        guard claim.take(bytes.count) else { return end(Self.noSpace) }
        guard unsafe file.write(bytes) else { return false }
        let now = ContinuousClock.now
        if now - begun > Self.longToLose { part.keepNote() }
        if now - lastTold >= .seconds(1) {
            lastTold = now
            didProgress(file.size, total)
        }
        return true
    }

    private func start(_ answer: HTTPResponse) -> Bool {
        var head = answer
        encoding = BodyEncoding(answer)
        answerLength = answer.contentLength
        if answer.isEncoded {
            // These speak of the encoded bytes.
            head.headers.fields.removeAll { Self.ofTheBytes.contains($0.name.lowercased()) }
        }
        guard claim.expect(head.contentLength) else { return end(Self.noSpace) }
        do throws(DownloadFailure) {
            try part.forget()
        } catch {
            return end(error)
        }
        guard file.begin(head) else { return false }
        part.begin(FileProof(head))
        begun = .now
        if head.contentLength ?? .max > Self.muchToLose { part.keepNote() }
        learn(head.contentLength)
        return true
    }

    /// A range that nobody asked for: the whole file, or a part to go on from.
    private func startWithPart(_ head: HTTPResponse) -> Bool {
        guard !head.isEncoded, let range = ContentRange(head.headers["content-range"]), range.start == 0,
            let end = range.end, let whole = range.total, head.contentLength ?? end + 1 == end + 1
        else { return false }
        var file = head
        file.status = 200
        file.headers.fields.removeAll {
            ["content-length", "transfer-encoding"].contains($0.name.lowercased())
        }
        file.headers.fields.append(HTTPHeaders.Field(name: "Content-Length", value: "\(whole)"))
        rangeEnd = end + 1
        return start(file)
    }

    /// The bytes that came before the lie are not to be trusted either.
    private func endLyingRange() -> Bool {
        try? part.forget()
        return end(.network("the server sends more than the range that it names", retryAfter: nil))
    }

    private func goOn(_ head: HTTPResponse) -> Bool {
        guard offset > 0, !head.isEncoded, let proof = part.proof,
            proof.isContinued(by: head, at: offset)
        else { return false }
        let range = ContentRange(head.headers["content-range"])
        let whole = range?.total
        rangeEnd = range?.end.map { $0 + 1 }
        guard claim.expect(whole.map { $0 - offset }) else { return end(Self.noSpace) }
        guard file.begin(head) else { return false }
        learn(whole)
        return true
    }

    private func learn(_ size: Int64?) {
        total = size
        if let size { didProgress(file.size, size) }
    }

    private static let ofTheBytes: Set<String> = ["content-length", "etag", "last-modified"]

    private func end(_ failure: DownloadFailure) -> Bool {
        self.failure = failure
        return false
    }

    private var fileFailure: DownloadFailure? {
        switch file.failure {
        case nil, .declined: nil
        case .tooLarge(let limit): .badContent("the file is larger than download.max_bytes (\(limit) bytes)")
        case .diskFull: .noSpace("cannot write \(part.name.part): the disk is full")
        case .system(let error): .system(error, "write \(part.name.part)")
        }
    }

    private static let noSpace = DownloadFailure.noSpace(
        "the outputs' disk would have less than min_free left: make room, or lower min_free")
}
