/// One line of the table of faults: the effect, the calls that it applies to, its value, and its meaning.
struct FaultDefinition {
    /// The raw value is how it is written.
    enum Value: String {
        case none = ""
        case count = "=N"
        case duration = "=TIME"
        case bytes = "=BYTES"
        case text = "=TEXT"
        case optionalBytes = "[=BYTES]"
        case optionalText = "[=TEXT]"
    }

    let effect: FaultEffect
    let calls: [FaultCall]
    let value: Value
    let meaning: String

    static let answers: [FaultCall] = [.submit, .status, .result, .cancel, .models, .balance, .file]

    static let all: [FaultDefinition] = [
        .init(.status, answers, .none, "this HTTP status and an error, e.g. 500 (file:416: only for ranges)"),
        .init(.html, answers, .none, "an HTML page with this status, e.g. html-502; html alone is 200"),
        .init(.errorInOK, answers, .none, "HTTP 200 with this error code, e.g. 200-error-400002"),
        .init(.blank, answers, .none, "HTTP 200 without a body"),
        .init(.hang, answers, .none, "no answer; the connection dies after an hour"),
        .init(.delay, answers, .duration, "the right answer, but later"),
        .init(.hold, answers, .none, "the right answer, once the faults are changed"),
        .init(.cutBefore, answers, .none, "the connection dies without an answer; a POST is not accepted"),
        .init(.cutAfter, answers, .none, "the same, but the POST is accepted first"),
        .init(.cutBody, answers, .none, "the connection dies in mid-answer; a POST is accepted"),
        .init(.noKind, [.models], .none, "kind= is ignored"),
        .init(.noData, [.submit], .none, "data: URIs are refused"),
        .init(.noBalance, [.submit], .none, "the account is empty (402; as=400 changes the status)"),
        .init(.noID, [.submit], .none, "accepted, but the answer has no request_id"),
        .init(.badID, [.submit], .optionalText, "accepted, but with an unusable id (../../etc/passwd)"),
        .init(.foreignURLs, [.submit], .none, "the three URLs name another host"),
        .init(.word, [.status, .result], .text, "this word as the status"),
        .init(.unknownWord, [.status, .result], .none, "an unknown status"),
        .init(.uppercase, [.status, .result, .cancel], .none, "the words in upper case"),
        .init(.failed, [.result], .none, "the job failed; body= says how, code means a top-level error_code"),
        .init(.cancelled, [.result], .none, "the service cancelled the job by itself"),
        .init(.empty, [.result, .file], .none, "succeeded with an empty output; a file of no bytes"),
        .init(.echo, [.result], .none, "the input is repeated beside the output"),
        .init(.shape, [.result], .none, "the output's shape: " + OutputShape.names),
        .init(.many, [.result], .count, "this many files"),
        .init(.fewer, [.result], .count, "this many files fewer than asked for"),
        .init(.duplicateURL, [.result], .none, "the first URL is given twice"),
        .init(.foreignHost, [.result], .optionalText, "the URLs name another host"),
        .init(.privateRedirect, [.result], .optionalText, "the URLs redirect to a private address"),
        .init(.notYet, [.result], .none, "still in_progress, whatever the status call said"),
        .init(.noCost, [.result], .none, "no cost"),
        .init(.nullCost, [.result], .none, "a cost of null"),
        .init(.timeDigits, [.result], .count, "this many digits after the decimal point in times"),
        .init(.notCancellable, [.cancel], .none, "the cancel comes too late"),
        .init(.reject, [.token], .none, "the token is refused (401; as= 400 or 403)"),
        .init(.cut, [.file], .bytes, "the connection dies after this many bytes of each answer"),
        .init(.drip, [.file], .optionalBytes, "this many bytes a second (1k)"),
        .init(.short, [.file], .bytes, "only this many bytes, announced as if they were all"),
        .init(.changed, [.file], .none, "the first answer is cut, later ones are another file"),
        .init(.chunked, [.file], .none, "chunks instead of a length"),
        .init(.noLength, [.file], .none, "no length: the file ends with the connection"),
        .init(.wrongLength, [.file], .none, "a length larger than what is sent"),
        .init(.truncateNoLength, [.file], .none, "no length, and only half of the file"),
        .init(.noRanges, [.file], .none, "ranges are ignored"),
        .init(.redirect, [.file], .optionalText, "a redirect, to the simulator itself or to the URL given"),
        .init(.noType, [.file], .none, "no Content-Type"),
        .init(.octetStream, [.file], .none, "application/octet-stream"),
        .init(.queue, [.job], .duration, "how long the job waits in the queue"),
        .init(.run, [.job], .duration, "how long the job runs"),
    ]

    private init(_ effect: FaultEffect, _ calls: [FaultCall], _ value: Value, _ meaning: String) {
        self.effect = effect
        self.calls = calls
        self.value = value
        self.meaning = meaning
    }

    /// How it is written, for `--help`. Three names contain a value, as `html-502` does.
    var synopsis: String {
        let hasValueInName = [.html, .errorInOK, .shape].contains(effect)
        return effect.rawValue + (hasValueInName ? "-X" : "") + value.rawValue
    }

    func accepts(_ text: String?) -> Bool {
        guard let text else { return [.none, .optionalBytes, .optionalText].contains(value) }
        return switch value {
        case .none: false
        case .count: Quantity.within(0...1000, Int(text)) != nil
        case .duration: Quantity.seconds(text) != nil
        case .bytes: Quantity.bytes(text) != nil
        case .optionalBytes: Quantity.within(1..., Quantity.bytes(text)) != nil
        case .text, .optionalText: !text.isEmpty
        }
    }
}
