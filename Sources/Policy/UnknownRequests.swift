/// Tells requests that are lost from a service in trouble, where it says that it does not know them. One for
/// each origin.
///
/// A request is lost once the service has said so several times, over a certain patience, in which it
/// answered well for others. Patience is used up only between two looks in a row that brought this answer,
/// and by no more than was to be waited between them: neither a suspended machine nor a service that does not
/// answer uses any.
package struct UnknownRequests: Equatable, Sendable {
    /// Milliseconds of a clock that never jumps.
    package typealias Moment = Int64

    /// Right after a submission it can be lag.
    static let fewestLooks = 4
    static let mostLostAtOnce = 3
    /// More are not told apart: a bound on memory.
    static let mostWitnesses = 4096

    private struct Doubt: Equatable {
        let since: Moment
        var looks = 0
        var patience = Duration.zero
        /// The look before, if it brought the same answer, and how long was to be waited after it.
        var last: (at: Moment, wait: Duration)?

        static func == (one: Doubt, other: Doubt) -> Bool {
            one.since == other.since && one.looks == other.looks && one.patience == other.patience
                && one.last?.at == other.last?.at && one.last?.wait == other.last?.wait
        }
    }

    private var doubts: [String: Doubt] = [:]
    /// Requests, in flight or ended, that were answered well while others were unknown, and when last.
    private var witnesses: [String: Moment] = [:]
    /// When any other request was answered well.
    private var lastGood: Moment = .min

    package init() {}

    /// A look at `request` was answered well.
    package mutating func answered(_ request: String, at now: Moment) {
        doubts[request] = nil
        if doubts.isEmpty { return witnesses.removeAll() }
        testify(request, at: now)
    }

    /// The service still knows a request that has ended.
    package mutating func knowsEnded(_ request: String, at now: Moment) {
        if !doubts.isEmpty { testify(request, at: now) }
    }

    private mutating func testify(_ request: String, at now: Moment) {
        lastGood = now
        if witnesses.count < Self.mostWitnesses || witnesses[request] != nil { witnesses[request] = now }
    }

    /// A look at `request` brought no answer: the time around it is no patience.
    package mutating func noAnswer(_ request: String) { doubts[request]?.last = nil }

    /// `request` is followed no longer.
    package mutating func forget(_ request: String) { doubts[request] = nil }

    /// Whether it has to be found out by another request that the service answers at all.
    package func needsWitness(for request: String) -> Bool {
        doubts[request]?.last.map { lastGood < $0.at } ?? false
    }

    /// The service says that it does not know `request`. Answers whether it is lost.
    ///
    /// - Parameters:
    ///   - wait: how long is to be waited until the next look.
    ///   - isOnly: there is no other request that could be asked for: then the service's own word has to
    ///     suffice.
    ///   - isUnwanted: a person wants it cancelled: then its word suffices, however many others are unknown.
    package mutating func unknown(
        _ request: String, at now: Moment, wait: Duration, isOnly: Bool, isUnwanted: Bool = false,
        patience: Duration
    ) -> Bool {
        witnesses[request] = nil
        var doubt = doubts[request] ?? Doubt(since: now)
        let isVouchedFor = isOnly || isUnwanted || doubt.last.map { lastGood >= $0.at } ?? true
        doubt.looks += 1
        if let last = doubt.last, isVouchedFor {
            doubt.patience += min(.milliseconds(now - last.at), last.wait)
        }
        doubt.last = (now, wait)
        doubts[request] = doubt
        return doubt.looks >= Self.fewestLooks && doubt.patience >= patience && isVouchedFor
            && (isUnwanted || !isOutage(doubt.since))
    }

    /// Whether many are unknown at once: more than a few, or than one for ten others that were answered well
    /// meanwhile. New requests are known to a service that has lost all old ones, so that no number of others
    /// speaks for many.
    private func isOutage(_ since: Moment) -> Bool {
        if doubts.count > Self.mostLostAtOnce { return true }
        return doubts.count > max(1, witnesses.values.count { $0 >= since } / 10)
    }
}
