/// The calls at which something can go wrong.
enum FaultCall: String, CaseIterable {
    case submit, status, result, cancel, models, balance, file, token, job
}

/// What can go wrong. The raw value is its name; `FaultDefinition` says what each takes and means.
enum FaultEffect: String, CaseIterable {
    // Any answer.
    case status = "NNN"
    case html = "html"
    case errorInOK = "200-error"
    case blank, hang, delay, hold
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

/// What may be said of a fault besides its name and value.
enum FaultOption: String, CaseIterable {
    case times, p, model
    case retryAfter = "retry-after"
    case accept, `as`, body

    /// How it is written, and what it means.
    var help: (synopsis: String, meaning: String) {
        switch self {
        case .times: ("times=N", "only the first N times (for a POST: of the same input)")
        case .p: ("p=SHARE", "only this share of the times, e.g. 0.2")
        case .model: ("model=ID", "only for this model, or for models that begin so: PREFIX*")
        case .retryAfter: ("retry-after=TEXT", "send Retry-After with an HTTP error")
        case .accept: ("accept", "the POST is accepted although its answer is an error")
        case .as: ("as=STATUS", "the HTTP status of token:reject (401) and submit:no-balance (402)")
        case .body:
            (
                "body=SHAPE",
                "the form of the error (code; for a failed job error-object): "
                    + Fault.ErrorBody.allCases.map(\.rawValue).joined(separator: " ")
            )
        }
    }
}

/// One fault that was ordered.
struct Fault: Equatable {
    /// The forms in which an error says what is wrong; clients see all of them.
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
    /// The text after `=`, or the number in `500`, `html-502`, `200-error-400002`.
    var value: String?
    /// How many times it strikes at most.
    var times: Int?
    var probability: Double?
    /// A model id, or a prefix ending in `*`.
    var model: String?
    var retryAfter: String?
    /// The POST is accepted although its answer is an error.
    var isAccepted = false
    /// By default `error-object` for a failed job, else `code`.
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

/// A fault and how often it struck. The count is read and changed only under the lock of `FaultBook`.
final class ArmedFault: @unchecked Sendable {
    let fault: Fault
    var hits = 0

    init(_ fault: Fault) { self.fault = fault }
}
