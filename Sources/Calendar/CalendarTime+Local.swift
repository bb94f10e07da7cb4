internal import Glibc

extension CalendarTime {
    /// What the clock on the wall here shows so many milliseconds after the start of 1970.
    package init(local milliseconds: Int64) {
        var seconds = time_t(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
        var parts = unsafe tm()
        let isKnown = unsafe localtime_r(&seconds, &parts) != nil
        self.init(milliseconds: unsafe milliseconds &+ (isKnown ? Int64(parts.tm_gmtoff) * 1000 : 0))
    }

    /// The moment at which the clock on the wall here shows it, in milliseconds since 1970. An hour that the
    /// clocks skip in spring may be moved, but not to another day.
    package var localMilliseconds: Int64? {
        var parts = unsafe tm()
        unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (
            Int32(year) - 1900, Int32(month) - 1, Int32(day)
        )
        unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
        unsafe parts.tm_isdst = -1
        let seconds = unsafe mktime(&parts)
        return unsafe parts.tm_mday == day ? Int64(seconds) * 1000 + Int64(millisecond) : nil
    }
}
