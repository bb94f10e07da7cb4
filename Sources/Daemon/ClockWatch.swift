internal import JobModel
internal import JobStore

/// Notices that the wall clock went forward by more than time did: by a clock that is wrong, everything is
/// old.
struct ClockWatch {
    /// More than the small steps by which clocks are kept right.
    static let longestJump = Duration.seconds(3600)

    private var wall = Timestamp.now
    private var steady = ContinuousClock.now

    /// How far the wall clock has gone forward by itself since it was last looked at; below zero where it
    /// went back.
    mutating func jump() -> Duration { jump(wall: .now, steady: .now) }

    mutating func jump(wall: Timestamp, steady: ContinuousClock.Instant) -> Duration {
        defer { (self.wall, self.steady) = (wall, steady) }
        return (wall - self.wall) - (steady - self.steady)
    }
}
