internal import CommandLineTool
internal import JobModel

/// Moments and spans as people type them, and the one form of the database.
enum TimePromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        let now: Int64 = 1_790_000_000_000
        for direction in [TimeText.Direction.ago, .fromNow] {
            guard let moment = TimeText.moment(text, now: now, direction) else { continue }
            _ = (TimeText.local(moment), TimeText.relative(moment, now: now))
            let stored = Timestamp(milliseconds: moment)
            guard Timestamp.storable.contains(stored) else { continue }
            guard Timestamp(stored.description) == stored else { return "\(stored) is not read again" }
        }
        if let span = TimeText.span(text), span < 0 { return "a span of \(span)" }
        if let stored = Timestamp(text), stored.description != text { return "\(text) becomes \(stored)" }
        return nil
    }
}
