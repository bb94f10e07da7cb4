/// The calls at which something can go wrong.
enum FaultCall: String, CaseIterable {
    case submit, status, result, cancel, models, balance, file, token, job
}

/// What can go wrong. The raw value is its name; `FaultParser` knows what each takes and means.
enum FaultEffect: String, CaseIterable {
    // Any answer.
    case status = "NNN"
    case html = "html"
    case errorInOK = "200-error"
    case blank, hang, delay
    case cutBefore = "cut-before"
    case cutAfter = "cut-after"
    case cutBody = "cut-body"
    // The answers of one call each.
    case noKind = "no-kind"
    case noData = "no-data"
    case noBalance = "no-balance"
    case noID = "no-id"
    case badID = "bad-id"
    case foreignURLs = "foreign-urls"
    case word, uppercase
    case unknownWord = "unknown-word"
    case failed, cancelled, empty, echo, many, fewer
    case shape
    case duplicateURL = "duplicate-url"
    case foreignHost = "foreign-host"
    case privateRedirect = "private-redirect"
    case notYet = "not-yet"
    case noCost = "no-cost"
    case nullCost = "null-cost"
    case timeDigits = "time-digits"
    case notCancellable = "not-cancellable"
    case reject
    // Files.
    case cut, drip, short, changed, chunked, redirect
    case noLength = "no-length"
    case wrongLength = "wrong-length"
    case truncateNoLength = "truncate-no-length"
    case noRanges = "no-ranges"
    case noType = "no-type"
    case octetStream = "octet-stream"
    // How long a job takes.
    case queue, run
}

/// What a fault may be told besides its name.
enum FaultOption: String, CaseIterable {
    case times, p, model
    case retryAfter = "retry-after"
    case accept, `as`, body

    /// How it is written, and what it means.
    var help: (synopsis: String, meaning: String) {
        switch self {
        case .times: ("times=N", "only the first N times (of a POST: for the same input)")
        case .p: ("p=SHARE", "only sometimes")
        case .model: ("model=ID", "only for that model, or for a prefix ending in *")
        case .retryAfter: ("retry-after=TEXT", "send Retry-After with an HTTP error")
        case .accept: ("accept", "the POST is accepted although its answer is an error")
        case .as: ("as=STATUS", "the HTTP status of token:reject (401) and submit:no-balance (402)")
        case .body:
            (
                "body=SHAPE",
                "how an error says it (code; of a failed job error-object): "
                    + Fault.ErrorBody.allCases.map(\.rawValue).joined(separator: " ")
            )
        }
    }
}

/// One fault, as somebody ordered it.
struct Fault: Equatable {
    /// How an error says what is wrong; clients meet all of these.
    enum ErrorBody: String, CaseIterable {
        case code, message, error
        case errorObject = "error-object"
        case errorArray = "error-array"
        case detail
        case detailArray = "detail-array"
        case failureReason = "failure-reason"
        case none
    }

    /// As it was written.
    var specification: String
    var call: FaultCall
    var effect: FaultEffect
    /// What stood behind `=`, or the number in `500`, `html-502`, `200-error-400002`.
    var value: String?
    /// Only so many times.
    var times: Int?
    var probability: Double?
    /// A model id, or a prefix ending in `*`.
    var model: String?
    var retryAfter: String?
    /// The POST is accepted although its answer is an error.
    var isAccepted = false
    /// nil is the usual one: `error-object` of a failed job, else `code`.
    var body: ErrorBody?
    /// The HTTP status of a rejected token or of an empty balance.
    var httpStatus: Int?

    var count: Int? { value.flatMap { Int($0) } }
    var seconds: Double? { value.flatMap(Quantity.seconds) }

    func concerns(_ model: String?) -> Bool {
        guard let pattern = self.model else { return true }
        guard let model else { return false }
        return pattern.hasSuffix("*") ? model.hasPrefix(pattern.dropLast()) : model == pattern
    }
}

/// A fault and how often it struck. `FaultBook` owns the count and touches it under its lock alone.
final class ArmedFault: @unchecked Sendable {
    let fault: Fault
    var hits = 0

    init(_ fault: Fault) { self.fault = fault }
}
