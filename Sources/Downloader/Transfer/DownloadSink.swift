internal import Glibc
internal import HTTP
internal import Media
internal import Outputs

/// Writes an answer's body to a partial file, if the answer is the file or its continuation.
///
/// The transfer thread uses it during a request, the download's task before and after.
final class DownloadSink: HTTPSink, @unchecked Sendable {
    let part: PartialFile
    let file: FileSink
    /// The whole file's size, once a server has given it.
    private(set) var total: Int64?
    private(set) var encoding = BodyEncoding()
    /// The length that the answer gave for its body as it was sent.
    private(set) var answerLength: Int64?
    /// Whether libcurl decodes the body before it comes here.
    var decodes = false

    /// Where the range that the answer names ends; nil if it names none.
    private var rangeEnd: Int64?

    private let claim: SpaceClaim
    private let didProgress: @Sendable (_ fetched: Int64, _ total: Int64?) -> Void
    private var lastTold = ContinuousClock.now
    private var begun = ContinuousClock.now
    /// Why the body was not written, unless the answer's status is the reason.
    private var failure: DownloadFailure?

    /// What may be lost if jobd is killed: fetching it again costs less than a note for every small file.
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
            head.status == 206 ? .append : .startOver
        }
    }

    /// How many bytes can be continued.
    var offset: Int64 { part.proof == nil ? 0 : file.size }

    /// How many bytes the next try need not fetch.
    var kept: Int64 { hasAll || part.proof?.validator != nil ? offset : 0 }

    /// Whether every byte is here: the size is known and reached.
    var hasAll: Bool { total == file.size }

    /// Whether the server has sent all of its part, and the next one can be requested.
    var hasWholePart: Bool { rangeEnd == file.size && part.proof?.validator != nil }

    /// Reads what an earlier try left, if it can be continued or is complete.
    func resume(expecting size: Int64?) throws(DownloadFailure) {
        let length = part.length
        if let proof = part.proof {
            let isWhole = proof.total == length
            if length == 0 || proof.total.map({ $0 < length }) ?? false
                || (proof.validator == nil && !isWhole)
            {
                try part.startOver()
            }
        }
        if part.proof != nil { try readFile() }
        total = part.proof?.total
        // A full disk is better noticed before the request.
        let rest = (total ?? size).map { max(0, $0 - file.size) }
        if !claim.expect(rest ?? 0) { throw Self.noSpace }
    }

    /// The hash of what is here.
    var sha256: String {
        get throws(DownloadFailure) {
            try DownloadFailure.doing("read \(part.name.part)", try file.sha256)
        }
    }

    func startOver() throws(DownloadFailure) {
        try part.startOver()
        total = nil
        try readFile()
    }

    private func readFile() throws(DownloadFailure) {
        if !file.resume() { throw fileFailure ?? .disk("cannot read \(part.name.part)") }
    }

    /// Why this side ended the transfer; nil if the answer's status is the reason.
    var reasonToEnd: DownloadFailure? { failure ?? fileFailure }

    func begin(_ head: HTTPResponse) -> Bool {
        rangeEnd = nil
        if head.hasTwoLengths {
            return end(.network("the server gave two different lengths", retryAfter: nil))
        }
        return switch head.status {
        case 206 where offset > 0: append(head)
        case 206: startWithPart(head)
        default: head.isWholeFile && start(head)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let rangeEnd, file.size + Int64(bytes.count) > rangeEnd { return endLyingRange() }
        guard claim.use(bytes.count) else { return end(Self.noSpace) }
        guard unsafe file.write(bytes) else { return false }
        let now = ContinuousClock.now
        if now - begun > Self.longToLose { part.keepNote() }
        if now - lastTold >= .seconds(1) {
            lastTold = now
            didProgress(file.size, total)
        }
        return true
    }

    func finish() -> Bool { file.finish() }

    private func start(_ answer: HTTPResponse) -> Bool {
        var head = answer
        encoding = BodyEncoding(answer)
        answerLength = answer.contentLength
        if answer.isEncoded {
            // These describe the encoded bytes.
            head.headers.fields.removeAll { Self.ofTheBytes.contains($0.name.lowercased()) }
        }
        let length = head.contentLength
        guard claim.expect(length) else { return end(Self.noSpace) }
        do throws(DownloadFailure) {
            try part.forget()
        } catch {
            return end(error)
        }
        guard file.begin(head) else { return false }
        part.begin(FileProof(head))
        begun = .now
        if length ?? .max > Self.muchToLose { part.keepNote() }
        learn(length)
        return true
    }

    /// A range that was not requested: the whole file, or its first part.
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

    /// The bytes before the excess are not reliable either.
    private func endLyingRange() -> Bool {
        try? part.forget()
        return end(.network("the server sent more than the range that it announced", retryAfter: nil))
    }

    private func append(_ head: HTTPResponse) -> Bool {
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
        "less than min_free would be left on the disk of the outputs: free some space, or lower min_free")
}

/// What an answer calls the encoding of its body. None was requested, and servers are often wrong about it.
struct BodyEncoding {
    private var words: String?

    init() {}

    init(_ answer: HTTPResponse) {
        words = answer.isEncoded ? answer.headers["content-encoding"]?.lowercased() : nil
    }

    /// Whether the file is encoded as it says: it is of no known format, and begins as that encoding does.
    func isSeen(in file: FileBytes) -> Bool {
        guard let words, !MediaProbe.isKnown(file) else { return false }
        return switch words {
        case "gzip", "x-gzip": file.head(2).elementsEqual([0x1F, 0x8B])
        case "zstd": file.head(4).elementsEqual([0x28, 0xB5, 0x2F, 0xFD])
        // The others have no signature.
        default: true
        }
    }
}
