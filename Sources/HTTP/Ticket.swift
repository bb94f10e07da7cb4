internal import CCurl
internal import System

/// One exchange: the request, and what was received so far.
///
/// It is made before its task suspends, and handed to the transfer thread through the inbox, whose lock
/// orders all access: the continuation is set before, and only that thread uses the rest. Whoever takes the
/// continuation out resumes it, so it is resumed once.
final class Ticket: @unchecked Sendable {
    typealias Outcome = Result<HTTPResponse, HTTPError>

    /// Why this side ended a transfer.
    enum Stop: Equatable {
        case refusedAddress(String)
        case withheld
        case headersTooLong
        case bodyTooLarge
        case bodyUnreadable
        case sinkFailed
        /// The file to send cannot be read.
        case unreadable(String)
        case silence
        case gaveWay
        case cancelled
    }

    let request: HTTPRequest
    let sink: (any HTTPSink)?
    var continuation: CheckedContinuation<Outcome, Never>?
    /// What the answer is compared with, if no task waits for it.
    let comparison: Comparison?

    /// Guarded by the inbox.
    var isCancelled = false
    /// Guarded by the inbox.
    var isSubmitted = false

    /// The handle that the exchange runs on, while it runs.
    var handle: EasyHandle?
    /// Whether addresses are checked: requested, and no proxy in between.
    var checksAddress = false
    /// Whether a byte of the request may have left. Set by libcurl's hook just before it sends.
    var left = false
    /// How far the body was sent.
    private var sending = Sending()
    /// When the last byte came or went, or the request left.
    var heard: SuspendingClock.Instant?
    /// Counts bytes, if a transfer that drips gives way.
    var drip = DripWatch()
    var stopped: Stop?
    /// An address that was refused. Others of the same name may have been tried afterwards.
    var refusedAddress: String?
    private(set) var answer = AnswerReader()
    /// Locked on both sides of the handover of the outcome. A continuation that is resumed before its task
    /// waits orders the two as well, but ThreadSanitizer does not see that.
    let handover = Locked(false)

    private struct Sending {
        /// What a stream has given and libcurl has not taken.
        var unsent: ArraySlice<UInt8> = []
        /// How many bytes of a file libcurl has taken.
        var sent: Int64 = 0
    }

    struct Comparison {
        let tag: Int64
        let known: AnswerDigest?
        let receiver: AnswerReceiver
    }

    init(_ request: HTTPRequest, sink: (any HTTPSink)?) {
        (self.request, self.sink, comparison) = (request, sink, nil)
    }

    init(_ compared: ComparedRequest, _ receiver: AnswerReceiver) {
        (request, sink) = (compared.request, nil)
        comparison = Comparison(tag: compared.tag, known: compared.known, receiver: receiver)
    }

    func finish(_ outcome: Outcome) {
        if let comparison {
            return comparison.receiver.receive([(comparison.tag, .other(outcome, nil))])
        }
        let continuation = continuation.take()
        handover.withLock { $0 = true }
        continuation?.resume(returning: outcome)
    }

    /// Receives a header line; false ends the transfer.
    func receive(header line: UnsafeRawBufferPointer) -> Bool {
        noteHeard(line.count)
        switch unsafe answer.read(line: line) {
        case .more: return true
        case .tooLong: return stop(.headersTooLong)
        case .complete:
            guard let sink, let head = answer.response else { return true }
            return sink.begin(head) || stop(.sinkFailed)
        }
    }

    /// Receives a part of the body; false ends the transfer.
    func receive(body part: UnsafeRawBufferPointer) -> Bool {
        noteHeard(part.count)
        if let sink { return unsafe sink.write(part) || stop(.sinkFailed) }
        let room = request.maximumBody - answer.body.count
        unsafe answer.append(UnsafeRawBufferPointer(rebasing: part.prefix(room)))
        return part.count <= room || stop(.bodyTooLarge)
    }

    /// No more of the body comes.
    func endBody() {
        if let sink, !sink.finish(), stopped == nil { stopped = .sinkFailed }
    }

    /// Fills a buffer with the next bytes to send. Returns how many; nil ends the transfer.
    func send(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        noteHeard()
        switch request.method {
        case .stream(let body): return unsafe send(body, into: buffer)
        case .put(let part): return unsafe send(part, into: buffer)
        case .get, .head, .delete, .post: return nil
        }
    }

    /// Whether sending can begin there once more.
    func rewind(to offset: Int64) -> Bool {
        guard case .put = request.method else { return false }
        sending.sent = offset
        return true
    }

    private func send(_ body: HTTPBody, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        if sending.unsent.isEmpty {
            guard let next = body.next() else {
                stopped = .bodyUnreadable
                return nil
            }
            sending.unsent = next[...]
        }
        let part = sending.unsent.prefix(buffer.count)
        unsafe buffer.copyBytes(from: part)
        sending.unsent = sending.unsent.dropFirst(part.count)
        return part.count
    }

    private func send(_ part: FilePart, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = Int(min(Int64(buffer.count), part.count - sending.sent))
        if count == 0 { return 0 }
        do throws(SystemError) {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            let got = try unsafe part.file.read(into: room, at: part.offset + sending.sent)
            if got == 0 { stopped = .unreadable("the file has become shorter") }
            sending.sent += Int64(got)
            return got == 0 ? nil : got
        } catch {
            stopped = .unreadable("the file cannot be read: \(error)")
            return nil
        }
    }

    /// The request has left, or bytes have come or gone.
    func noteHeard(_ count: Int = 0) {
        guard request.silenceTimeout != nil || request.givesWay != nil else { return }
        let now = SuspendingClock.now
        heard = now
        drip.add(count, at: now)
    }

    private func stop(_ reason: Stop) -> Bool {
        stopped = reason
        return false
    }
}

extension Ticket {
    /// What a transfer's end means if the answer is compared. If it is as known, nothing of it is read.
    func compared(_ result: CURLcode, _ reason: String, with known: AnswerDigest?) -> ComparedAnswer {
        let isWhole = result == CURLE_OK && stopped == nil
        let digest = isWhole ? answer.digest : nil
        if let digest, digest == known { return .same }
        return .other(outcome(result, reason), digest)
    }

    /// What a transfer's end means. In doubt, the request has left and there is no answer.
    func outcome(_ result: CURLcode, _ reason: String) -> Outcome {
        switch stopped {
        case .cancelled: return .failure(.cancelled)
        case .refusedAddress(let address): return .failure(.refusedAddress(address))
        case .withheld: return .failure(.withheld)
        case .bodyTooLarge, .sinkFailed:
            guard let response = answer.response else { break }
            return .failure(stopped == .sinkFailed ? .sinkFailed(response) : .bodyTooLarge(response))
        case .headersTooLong: return noAnswer("the answer's headers are too long")
        case .bodyUnreadable: return noAnswer("what was to be sent cannot be read")
        case .unreadable(let reason): return .failure(.badRequest(reason))
        case .gaveWay: return .failure(.gaveWay)
        case .silence: return noAnswer("nothing was received for \(request.silenceTimeout ?? .zero)")
        case nil: break
        }
        if result == CURLE_OK {
            // libcurl treats incomplete headers as an answer without a body.
            guard answer.isComplete, let response = answer.response else {
                return noAnswer("the connection ended inside the headers")
            }
            return .success(response)
        }
        if left { return noAnswer(reason) }
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED:
            return .failure(.badRequest(reason))
        default:
            if let refusedAddress { return .failure(.refusedAddress(refusedAddress)) }
            return .failure(.neverConnected(reason))
        }
    }

    private func noAnswer(_ reason: String) -> Outcome {
        .failure(.noAnswer(reason, partial: answer.response))
    }
}
