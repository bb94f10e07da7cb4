/// A GET that no task waits for, because its answer is most likely the known one.
package struct ComparedRequest: Sendable {
    package var request: HTTPRequest
    /// Names it in its answer.
    package var tag: Int64
    package var known: AnswerDigest?

    package init(_ request: HTTPRequest, tag: Int64, known: AnswerDigest?) {
        (self.request, self.tag, self.known) = (request, tag, known)
    }
}

/// How a compared request was answered.
package enum ComparedAnswer: Sendable {
    /// As known: nothing of it was read.
    case same
    /// The digest is nil if there was no answer.
    case other(Result<HTTPResponse, HTTPError>, AnswerDigest?)
}

/// Gets the answers to compared requests, many at once, on the transfer thread.
package final class AnswerReceiver: Sendable {
    package typealias Answers = [(tag: Int64, answer: ComparedAnswer)]

    package let receive: @Sendable (Answers) -> Void

    package init(_ receive: @escaping @Sendable (Answers) -> Void) { self.receive = receive }
}

/// Answers that nobody has heard of yet: those without news wait a moment for others, so that their receiver
/// is woken once for many.
struct HeldAnswers {
    private static let patience = Duration.milliseconds(5)
    private static let most = 32

    private var answers: AnswerReceiver.Answers = []
    private var receiver: AnswerReceiver?
    private var hasNews = false
    /// When they are handed over at the latest; nil if there are none.
    private(set) var end: SuspendingClock.Instant?

    mutating func add(
        _ answer: ComparedAnswer, tag: Int64, for receiver: AnswerReceiver, at now: SuspendingClock.Instant
    ) {
        if receiver !== self.receiver { handOver() }
        if answers.isEmpty { (self.receiver, end) = (receiver, now + Self.patience) }
        answers.append((tag, answer))
        if case .other = answer { hasNews = true }
    }

    /// - Parameter isLast: whether no other answer is to come.
    mutating func handOverIfDue(isLast: Bool, at now: SuspendingClock.Instant) {
        guard let end else { return }
        if hasNews || isLast || answers.count >= Self.most || end <= now { handOver() }
    }

    private mutating func handOver() {
        receiver?.receive(answers)
        answers.removeAll(keepingCapacity: true)
        (receiver, hasNews, end) = (nil, false, nil)
    }
}
