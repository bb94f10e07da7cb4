internal import System

/// One exchange: what is asked for, and what has come so far.
///
/// Made before its task suspends. Given to the transfer thread through the inbox, whose lock orders all
/// access: the continuation is set before, everything else is touched by that thread alone. Whoever takes the
/// continuation out resumes it, so it is resumed once.
final class Ticket: @unchecked Sendable {
    typealias Outcome = Result<HTTPResponse, HTTPError>

    /// Reasons of our own to end a transfer, noted by those who know them.
    enum Stop: Equatable {
        case refusedAddress(String)
        case headersTooLong
        case bodyTooLarge
        case sinkFailed
        case silence
        case gaveWay
        case cancelled
    }

    let request: HTTPRequest
    let sink: (any HTTPSink)?
    var continuation: CheckedContinuation<Outcome, Never>?

    /// Guarded by the inbox.
    var isCancelled = false
    /// Guarded by the inbox.
    var isSubmitted = false

    /// The handle that the exchange runs on, while it runs.
    var handle: EasyHandle?
    /// Whether addresses are held against the policy: asked for, and no proxy in between.
    var checksAddress = false
    /// Whether a byte of the request may have left. Set by libcurl's own hook just before it sends.
    var left = false
    /// When the last byte came, or the request left.
    var heard: SuspendingClock.Instant?
    /// What comes in each window, where a transfer that drips gives way.
    var drip = DripWatch()
    var stopped: Stop?
    /// An address that was refused; others of the same name may have been tried after it.
    var refusedAddress: String?
    private(set) var answer = AnswerReader()
    /// Taken on both sides of the handover of the outcome. A continuation that is resumed before its task
    /// waits orders the two as well, but ThreadSanitizer does not see it and reports the sink's members.
    let handover = Locked(false)

    init(_ request: HTTPRequest, sink: (any HTTPSink)?) {
        self.request = request
        self.sink = sink
    }

    func finish(_ outcome: Outcome) {
        let continuation = continuation.take()
        handover.withLock { $0 = true }
        continuation?.resume(returning: outcome)
    }

    /// Takes a header line; false ends the transfer.
    func take(header line: UnsafeRawBufferPointer) -> Bool {
        noteHeard(line.count)
        switch unsafe answer.take(line: line) {
        case .more: return true
        case .tooLong: return stop(.headersTooLong)
        case .complete:
            guard let sink, let head = answer.response else { return true }
            return sink.begin(head) || stop(.sinkFailed)
        }
    }

    /// Takes a part of the body; false ends the transfer.
    func take(body part: UnsafeRawBufferPointer) -> Bool {
        noteHeard(part.count)
        if let sink { return unsafe sink.write(part) || stop(.sinkFailed) }
        let room = request.maximumBody - (answer.response?.body.count ?? 0)
        unsafe answer.append(UnsafeRawBufferPointer(rebasing: part.prefix(room)))
        return part.count <= room || stop(.bodyTooLarge)
    }

    /// The request has left, or some bytes have come.
    func noteHeard(_ count: Int = 0) {
        guard request.silenceTimeout != nil || request.givesWay != nil else { return }
        let now = SuspendingClock.now
        heard = now
        drip.take(count, at: now)
    }

    private func stop(_ reason: Stop) -> Bool {
        stopped = reason
        return false
    }
}
