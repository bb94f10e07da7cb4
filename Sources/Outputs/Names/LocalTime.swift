internal import Glibc
package import JobModel

/// A point in time as the clock on the wall showed it.
package struct LocalTime: Equatable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int

    package init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    package init(_ moment: Timestamp) {
        var seconds = Int(moment.milliseconds / 1000)
        var local = unsafe tm()
        unsafe _ = localtime_r(&seconds, &local)
        unsafe self.init(
            year: Int(local.tm_year) + 1900, month: Int(local.tm_mon) + 1, day: Int(local.tm_mday),
            hour: Int(local.tm_hour), minute: Int(local.tm_min), second: Int(local.tm_sec))
    }
}
