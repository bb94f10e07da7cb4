internal import CLinux
internal import CommandLineTool
internal import JobModel
internal import JobStore

/// Whether the time can be right: TLS needs it, and the history is read by it.
struct ClockCheck {
    let store: JobDatabase?

    func look() -> Diagnosis {
        let now = Timestamp.now
        let words = "\(TimeText.local(now.milliseconds)) here, \(now) UTC"
        guard let earliest = Timestamp(year: 2026, month: 1, day: 1), now > earliest else {
            return .fault("clock", "\(words): that is long past", "set the clock: timedatectl set-ntp true")
        }
        if let newest = try? store?.newestMoment(), newest > now + .seconds(300) {
            return .fault(
                "clock", "\(words): the history goes on until \(newest)",
                "the clock was ahead, or is behind now: timedatectl set-ntp true")
        }
        if linux_clock_is_kept() == 0 {
            return .warning("clock", "\(words); nothing keeps it right", "timedatectl set-ntp true")
        }
        return .ok("clock", words)
    }
}
