internal import Calendar
internal import Glibc

/// Wall time that only moves forward: the wall clock is read once, and the monotonic clock from then on.
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

/// A moment in the two spellings that the simulator needs.
struct UTCTime {
    private let microseconds: Int64

    /// `seconds` since 1970.
    init(_ seconds: Double) { microseconds = Int64((seconds * 1e6).rounded()) }

    private var time: CalendarTime { CalendarTime(milliseconds: microseconds / 1000) }

    /// `2026-01-02T03:04:05.331289+00:00`, with as many digits of the second as asked for.
    func iso(digits: Int = 6) -> String {
        let fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst().prefix(digits)
        return "\(time.date)T\(time.clock)\(digits > 0 ? "." : "")\(fraction)+00:00"
    }

    /// `Fri, 02 Jan 2026 03:04:05 GMT`
    var http: String { time.httpDate }
}
