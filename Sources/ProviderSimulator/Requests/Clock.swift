internal import Glibc

/// Wall time that only moves forward: the wall is read once, and the monotonic clock from then on.
struct Clock: Sendable {
    private let wallAtStart: Double
    private let monotonicAtStart: Double

    init() {
        wallAtStart = Self.read(CLOCK_REALTIME)
        monotonicAtStart = Self.read(CLOCK_MONOTONIC)
    }

    /// Seconds since 1970.
    var now: Double { wallAtStart + (Self.read(CLOCK_MONOTONIC) - monotonicAtStart) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
