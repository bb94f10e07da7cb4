import Glibc

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

    /// The local time of a database column: UTC text `YYYY-MM-DD HH:MM:SS.SSS`. Nil for any other text.
    package init?(utc text: String) {
        let form = Array("dddd-dd-dd dd:dd:dd.ddd".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count == form.count else { return nil }
        for (byte, expected) in zip(bytes, form) {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            guard expected == UInt8(ascii: "d") ? isDigit : byte == expected else { return nil }
        }
        func number(_ range: Range<Int>) -> Int32 { bytes[range].reduce(0) { $0 * 10 + Int32($1 - 48) } }
        var utc = unsafe tm()
        unsafe utc.tm_year = number(0..<4) - 1900
        unsafe utc.tm_mon = number(5..<7) - 1
        unsafe utc.tm_mday = number(8..<10)
        unsafe utc.tm_hour = number(11..<13)
        unsafe utc.tm_min = number(14..<16)
        unsafe utc.tm_sec = number(17..<19)
        var seconds = unsafe timegm(&utc)
        var local = unsafe tm()
        guard unsafe localtime_r(&seconds, &local) != nil else { return nil }
        unsafe self.init(
            year: Int(local.tm_year) + 1900, month: Int(local.tm_mon) + 1, day: Int(local.tm_mday),
            hour: Int(local.tm_hour), minute: Int(local.tm_min), second: Int(local.tm_sec))
    }
}
