/// By what jobs are listed.
package struct JobOrder: Equatable, Sendable {
    package enum Key: String, CaseIterable, Sendable {
        case id, created, submitted, started, finished, ended
        /// How long: until it was sent, in the queue over there, at work, on the way here.
        case waited, queued, ran, fetched
        case price, cost, priority, submissions, model, label
        /// In the order of a job's life.
        case state
    }

    package var key: Key
    package var isDescending: Bool

    package init(_ key: Key, isDescending: Bool = false) {
        self.key = key
        self.isDescending = isDescending
    }
}
