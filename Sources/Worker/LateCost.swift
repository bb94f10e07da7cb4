internal import Provider

/// Asks once more for the cost of a request that is over, where the service leaves a place for it and does
/// not know it yet.
struct LateCost: Sendable {
    /// A service that does not answer keeps a job from its end for no longer than this.
    private static let longest = Duration.seconds(5)

    let client: any RemoteService

    func ask(_ requestID: String, model: String, after wait: Duration = .zero) async throws -> Double? {
        try await withThrowingTaskGroup(of: Double?.self) { group in
            group.addTask {
                try await Task.sleep(for: wait)
                return try await client.result(of: requestID, model: model).facts?.cost
            }
            group.addTask {
                try await Task.sleep(for: Self.longest)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
