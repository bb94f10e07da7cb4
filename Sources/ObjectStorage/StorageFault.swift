internal import Calendar
internal import HTTP
internal import JobModel

/// Why the storage did not do something. Everything but `missing` and `occupied` may be tried again.
package enum StorageFault: Error, Equatable, Sendable {
    /// A person has to help: with the credentials, their rights, the bucket, the clock.
    case refused(String)
    /// An outage, or a broken connection.
    case unavailable(String, retryAfter: Duration? = nil)
    /// The bytes are not those that were announced: the file was changed, or is damaged.
    case changed(String)
    /// Another object has the name, and another content.
    case occupied(String)
    case missing(String)
    case cancelled

    package var retryAfter: Duration? {
        if case .unavailable(_, let retryAfter) = self { retryAfter } else { nil }
    }
}

extension StorageFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let reason), .unavailable(let reason, _), .changed(let reason): reason
        case .occupied(let name): "another object has the name \(name)"
        case .missing(let name): "there is no \(name)"
        case .cancelled: "cancelled"
        }
    }
}

extension StorageFault {
    init(_ error: HTTPError, at place: String) {
        switch error {
        case .cancelled: self = .cancelled
        case .badRequest(let reason): self = .changed("cannot be sent: \(reason)")
        default: self = .unavailable("\(place) gave no answer: \(error)")
        }
    }

    /// What an answer means that is not the one hoped for.
    init(_ answer: HTTPResponse, to name: ObjectName, at place: String) {
        let error = StorageXML(answer.body).block("Error") ?? StorageXML([])
        let code = error.text("Code") ?? ""
        let words = Self.words(code, error.text("Message"), status: answer.status)
        let refusal = "\(place) refuses it: \(words)"
        switch (answer.status, code) {
        case (_, "RequestTimeTooSkewed"), (_, "RequestExpired"):
            self = .refused(Self.clockWords(answer) ?? refusal)
        case (_, "XAmzContentSHA256Mismatch"), (_, "BadDigest"), (_, "InvalidDigest"):
            self = .changed("the storage received other bytes than were announced (\(code))")
        case (_, "NoSuchBucket"): self = .refused("there is no bucket \"\(name.bucket)\" at \(place)")
        case (301, _), (307, _), (400, "AuthorizationHeaderMalformed"):
            let region = answer.headers["x-amz-bucket-region"] ?? error.text("Region")
            self = .refused(region.map { "the bucket is in the region \($0): set storage.region" } ?? refusal)
        case (404, _): self = .missing(name.text)
        case (412, _): self = .unavailable("another program wrote \(name.text) at the same time")
        case (408, _), (409, _), (429, _), (502..., _), (500, _), (400, "RequestTimeout"),
            (400, "IncompleteBody"):
            self = .unavailable("\(place) cannot do it now: \(words)", retryAfter: answer.retryAfter)
        case (200..<300, _):
            self = .unavailable("\(place) gave no usable answer: \(words)")
        default: self = .refused(refusal)
        }
    }

    /// The storage's own words may repeat what was sent, but never in its code and message.
    private static func words(_ code: String, _ message: String?, status: Int) -> String {
        let text = [code, message ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
        let isPlain = { (scalar: Unicode.Scalar) in scalar.value >= 0x20 && scalar.value != 0x7F }
        let safe = String(String.UnicodeScalarView(text.unicodeScalars.filter(isPlain))).prefix(200)
        if !safe.isEmpty { return "\(safe) (\(status))" }
        // The answer to a HEAD has no words of its own.
        return "it answered \(status)"
            + (status == 403 ? ": the credentials are wrong, or lack the right" : "")
    }

    private static func clockWords(_ answer: HTTPResponse) -> String? {
        guard let theirs = answer.headers["date"].flatMap({ CalendarTime(httpDate: $0) }) else { return nil }
        let minutes = (CalendarTime.now.milliseconds - theirs.milliseconds) / 60_000
        let direction = minutes < 0 ? "behind" : "ahead of"
        return "the clock of this machine is \(abs(minutes)) minutes \(direction) the storage's: set it right"
    }
}
