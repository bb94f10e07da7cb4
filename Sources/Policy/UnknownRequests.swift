/// Decides whether requests that a service says it does not know are lost, or the service is in trouble.
/// There is one value for each origin.
///
/// A request is lost once the service has said several times that it does not know it, over a certain time
/// (`patience`) in which it answered normally for others (the witnesses). Time counts only between two looks
/// in a row that brought this answer, and only as much as jobd meant to wait between them. So neither the
/// time of a suspended machine nor that of a service that does not answer counts.
package struct UnknownRequests: Equatable, Sendable {
    /// At least so many looks must bring this answer: a new request may need a moment to be known.
    private static let fewestLooks = 4
    private static let mostLostAtOnce = 3
    /// A bound on memory.
    private static let mostWitnesses = 4096

    /// A request that the service did not know at the last look.
    private struct Unknown: Equatable {
        let since: Moment
        var looks = 0
        /// How much time has counted so far.
        var patience = Duration.zero
        /// The look before, unless it brought no answer.
        var last: Look?
    }

    private struct Look: Equatable {
        let at: Moment
        /// How long jobd meant to wait after it.
        let wait: Duration
    }

    private var unknowns: [String: Unknown] = [:]
    /// Requests that were answered normally while others were unknown, and when last.
    private var witnesses: [String: Moment] = [:]
    /// When the last witness was answered.
    private var lastGood: Moment = .min

    package init() {}

    /// A look at `request` was answered normally.
    package mutating func answered(_ request: String, at now: Moment) {
        unknowns[request] = nil
        if unknowns.isEmpty { return witnesses.removeAll() }
        testify(request, at: now)
    }

    /// The service still knows `request`, which has ended.
    package mutating func knowsEnded(_ request: String, at now: Moment) {
        if !unknowns.isEmpty { testify(request, at: now) }
    }

    private mutating func testify(_ request: String, at now: Moment) {
        lastGood = now
        if witnesses.count < Self.mostWitnesses || witnesses[request] != nil { witnesses[request] = now }
    }

    /// A look at `request` brought no answer: the time before and after it does not count.
    package mutating func noAnswer(_ request: String) { unknowns[request]?.last = nil }

    /// `request` is no longer followed.
    package mutating func forget(_ request: String) { unknowns[request] = nil }

    /// Whether another request must be asked for, to see whether the service answers normally.
    package func needsWitness(for request: String) -> Bool {
        unknowns[request]?.last.map { lastGood < $0.at } ?? false
    }

    /// The service says that it does not know `request`.
    ///
    /// - Parameters:
    ///   - wait: how long jobd means to wait before the next look.
    ///   - isOnly: no other request can be asked for: the service's word must suffice.
    ///   - isUnwanted: a person wants it cancelled: its word suffices, however many others are unknown.
    /// - Returns: whether it is lost.
    package mutating func unknown(
        _ request: String, at now: Moment, wait: Duration, isOnly: Bool, isUnwanted: Bool = false,
        patience: Duration
    ) -> Bool {
        witnesses[request] = nil
        var unknown = unknowns[request] ?? Unknown(since: now)
        let isVouchedFor = isOnly || isUnwanted || unknown.last.map { lastGood >= $0.at } ?? true
        unknown.looks += 1
        if let last = unknown.last, isVouchedFor {
            unknown.patience += min(.milliseconds(now - last.at), last.wait)
        }
        unknown.last = Look(at: now, wait: wait)
        unknowns[request] = unknown
        return unknown.looks >= Self.fewestLooks && unknown.patience >= patience && isVouchedFor
            && (isUnwanted || !isOutage(unknown.since))
    }

    /// Whether too many are unknown at once: more than a few, or more than one in ten of those that were
    /// answered normally meanwhile. A few is the limit however many were answered, because a service that has
    /// lost all old requests still knows the new ones.
    private func isOutage(_ since: Moment) -> Bool {
        unknowns.count > Self.mostLostAtOnce
            || unknowns.count > max(1, witnesses.values.count { $0 >= since } / 10)
    }
}
