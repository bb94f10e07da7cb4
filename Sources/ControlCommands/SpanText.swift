internal import JobModel

/// How long something took, exact enough to compare: `40 ms`, `12.3 s`, `2 min 5 s`, `3 h 10 min`, `2 d 4 h`.
enum SpanText {
    static func of(_ span: Duration) -> String {
        let milliseconds = max(0, span.wholeMilliseconds)
        let seconds = milliseconds / 1000
        func two(_ large: Int64, _ name: String, _ small: Int64, _ rest: String) -> String {
            small == 0 ? "\(large) \(name)" : "\(large) \(name) \(small) \(rest)"
        }
        return switch seconds {
        case 0: "\(milliseconds) ms"
        case ..<60: "\(seconds).\(milliseconds % 1000 / 100) s"
        case ..<3600: two(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: two(seconds / 3600, "h", seconds % 3600 / 60, "min")
        default: two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }
}
