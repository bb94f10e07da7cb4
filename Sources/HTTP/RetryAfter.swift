internal import CCurl
internal import Glibc

/// Reads `Retry-After`, which is a number of seconds or a date.
enum RetryAfter {
    /// The longest wait that one header may cause.
    static let longest = Duration.seconds(3600)

    static func read(_ headers: HTTPHeaders) -> Duration? {
        guard let value = headers["retry-after"], !value.isEmpty else { return nil }
        if value.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
            return min(Int64(value).map { .seconds($0) } ?? longest, longest)
        }
        // With the server's own date, the wait is right even if the two clocks differ.
        guard let until = time(value) else { return nil }
        let now = headers["date"].flatMap(time) ?? Int64(Glibc.time(nil))
        return min(max(.seconds(until - now), .zero), longest)
    }

    private static func time(_ date: String) -> Int64? {
        let seconds = unsafe curl_getdate(date, nil)
        return seconds < 0 ? nil : Int64(seconds)
    }
}
