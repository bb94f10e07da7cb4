internal import Glibc
internal import System

/// The right of a jobd to its jobs in a store that several share: nobody takes them over while it lasts.
///
/// It is renewed with each transaction. The server's clock says when it ends. Here it counts from before the
/// renewal was sent, on a clock that runs on while the machine sleeps, and ends earlier than there.
package final class Lease: Sendable {
    /// What the store says about a jobd.
    package struct Holder: Equatable, Sendable {
        package let host: String
        package let stateDirectory: String
        /// How long a POST may take. What is being sent when the lease ends is in doubt only after that.
        package var longestPost: Duration
        /// The limits that it goes by, as a JSON object, for `jobctl explain` on any machine.
        package var settings: String

        package init(stateDirectory: String, longestPost: Duration, settings: String) {
            host = Self.hostName
            (self.stateDirectory, self.longestPost, self.settings) = (stateDirectory, longestPost, settings)
        }

        package static let hostName = {
            var name = [CChar](repeating: 0, count: 256)
            let size = name.count
            guard unsafe gethostname(&name, size - 1) == 0 else { return "localhost" }
            return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }()
    }

    static let length = Duration.seconds(30)
    /// How much earlier it ends here than at the server.
    private static let margin = Duration.seconds(5)
    /// How long after one renewal the next one is due.
    package static let renewal = Duration.seconds(5)

    private let state = Locked(State())
    private let holding: Locked<Holder>

    private struct State {
        var id: Int64?
        var end = ContinuousClock.now
    }

    package init(_ holder: Holder) { holding = Locked(holder) }

    var holder: Holder { holding.withLock { $0 } }

    /// What holds from the next lease on; see `JobDatabase.tellSettings`.
    package func change(longestPost: Duration, settings: String) {
        holding.withLock { ($0.longestPost, $0.settings) = (longestPost, settings) }
    }

    /// The jobd's number in `daemons`; another one after each start, and after its jobs were taken over.
    package var id: Int64? { state.withLock { $0.id } }

    /// Whether what was claimed under the lease `id` may be sent now: no other has taken its place, and it
    /// has not ended.
    package func allows(_ id: Int64) -> Bool { state.withLock { $0.id == id && .now < $0.end } }

    /// Whether it was renewed lately. If not, the store was out of reach, maybe for all jobds alike.
    var isFresh: Bool { state.withLock { .now < $0.end - (Self.length - Self.margin) + Self.renewal * 3 } }

    func begin(_ id: Int64, at start: ContinuousClock.Instant) {
        state.withLock { $0 = State(id: id, end: start + Self.length - Self.margin) }
    }

    /// A transaction that began at `start` has renewed it.
    func extend(from start: ContinuousClock.Instant) {
        state.withLock { $0.end = max($0.end, start + Self.length - Self.margin) }
    }
}
