/// One line of the table of faults: which effect may stand at which calls, what it takes, and what it does.
struct FaultPattern {
    enum Value { case none, count, duration, bytes, text, optionalBytes, optionalText }

    let effect: FaultEffect
    let calls: [FaultCall]
    let value: Value
    let meaning: String

    /// The part of `NAME` behind this effect's own name, for names such as `html-502`.
    var hasNumberedName: Bool { [.html, .errorInOK, .shape].contains(effect) }

    static let answers: [FaultCall] = [.submit, .status, .result, .cancel, .models, .balance, .file]

    static let all: [FaultPattern] = [
        FaultPattern(
            .status, answers, .none, "that HTTP status and an error body, e.g. 500 (file:416: to ranges)"),
        FaultPattern(
            .html, answers, .none, "an HTML page with that status, e.g. html-502; html alone is 200"),
        FaultPattern(.errorInOK, answers, .none, "HTTP 200 with that error code, e.g. 200-error-400002"),
        FaultPattern(.blank, answers, .none, "HTTP 200 and no body"),
        FaultPattern(.hang, answers, .none, "no answer; the connection dies after an hour"),
        FaultPattern(.delay, answers, .duration, "the right answer, later"),
        FaultPattern(.cutBefore, answers, .none, "the connection dies unanswered; a POST is not accepted"),
        FaultPattern(.cutAfter, answers, .none, "the same, but the POST is accepted first"),
        FaultPattern(
            .cutBody, answers, .none, "half of the answer, then the connection dies; a POST is accepted"),
        FaultPattern(.noKind, [.models], .none, "kind= is ignored"),
        FaultPattern(.noData, [.submit], .none, "data: URIs are refused"),
        FaultPattern(.noBalance, [.submit], .none, "the account is empty; as=400 is another way to say it"),
        FaultPattern(.noID, [.submit], .none, "accepted, but the answer has no request_id"),
        FaultPattern(.badID, [.submit], .optionalText, "accepted, but the id is no id (../../etc/passwd)"),
        FaultPattern(.foreignURLs, [.submit], .none, "the three URLs name another host"),
        FaultPattern(.word, [.status, .result], .text, "that word as the status"),
        FaultPattern(.unknownWord, [.status, .result], .none, "a status that nobody knows"),
        FaultPattern(.uppercase, [.status, .result, .cancel], .none, "the words in upper case"),
        FaultPattern(
            .failed, [.result], .none, "the job failed; body= says how, body=code by a top-level error_code"),
        FaultPattern(.cancelled, [.result], .none, "the service cancelled the job by itself"),
        FaultPattern(.empty, [.result, .file], .none, "succeeded with an empty output; a file of no bytes"),
        FaultPattern(.echo, [.result], .none, "the inputs are echoed beside the output"),
        FaultPattern(.shape, [.result], .none, "the output's shape: " + OutputShape.names),
        FaultPattern(.many, [.result], .count, "so many files"),
        FaultPattern(.fewer, [.result], .count, "that many files less than asked for"),
        FaultPattern(.duplicateURL, [.result], .none, "the first URL stands twice"),
        FaultPattern(.foreignHost, [.result], .optionalText, "the URLs name another host"),
        FaultPattern(.privateRedirect, [.result], .optionalText, "the URLs redirect to a private address"),
        FaultPattern(.notYet, [.result], .none, "still in_progress, whatever the status call said"),
        FaultPattern(.noCost, [.result], .none, "no cost"),
        FaultPattern(.nullCost, [.result], .none, "a cost of null"),
        FaultPattern(.timeDigits, [.result], .count, "so many digits of the second in the times"),
        FaultPattern(.notCancellable, [.cancel], .none, "a cancel that comes too late"),
        FaultPattern(.reject, [.token], .none, "the token is refused; as=400, 401 or 403"),
        FaultPattern(.cut, [.file], .bytes, "the connection dies after so many bytes of each answer"),
        FaultPattern(.drip, [.file], .optionalBytes, "so many bytes a second (1k)"),
        FaultPattern(.short, [.file], .bytes, "only so many bytes, announced as if they were all"),
        FaultPattern(.changed, [.file], .none, "the first answer is cut, later ones are another file"),
        FaultPattern(.chunked, [.file], .none, "chunks instead of a length"),
        FaultPattern(
            .noLength, [.file], .none, "no length: the end of the connection is the end of the file"),
        FaultPattern(.wrongLength, [.file], .none, "a length larger than what comes"),
        FaultPattern(.truncateNoLength, [.file], .none, "no length, and only half of the file"),
        FaultPattern(.noRanges, [.file], .none, "ranges are ignored"),
        FaultPattern(
            .redirect, [.file], .optionalText, "a redirect, to another place here or to the URL given"),
        FaultPattern(.noType, [.file], .none, "no Content-Type"),
        FaultPattern(.octetStream, [.file], .none, "application/octet-stream"),
        FaultPattern(.queue, [.job], .duration, "how long the job waits"),
        FaultPattern(.run, [.job], .duration, "how long the job runs"),
    ]

    private init(_ effect: FaultEffect, _ calls: [FaultCall], _ value: Value, _ meaning: String) {
        self.effect = effect
        self.calls = calls
        self.value = value
        self.meaning = meaning
    }

    /// How it is written, for `--help`.
    var synopsis: String {
        let name = hasNumberedName ? effect.rawValue + "-X" : effect.rawValue
        switch value {
        case .none: return name
        case .count: return name + "=N"
        case .duration: return name + "=TIME"
        case .bytes: return name + "=BYTES"
        case .text: return name + "=TEXT"
        case .optionalBytes: return name + "[=BYTES]"
        case .optionalText: return name + "[=TEXT]"
        }
    }

    func accepts(_ text: String?) -> Bool {
        switch value {
        case .none: text == nil
        case .count: text.flatMap { Int($0) }.map { (0...1000).contains($0) } ?? false
        case .duration: text.flatMap(Quantity.seconds) != nil
        case .bytes: text.flatMap(Quantity.bytes) != nil
        case .text: text?.isEmpty == false
        case .optionalBytes: text.map { Quantity.bytes($0) ?? 0 > 0 } ?? true
        case .optionalText: text?.isEmpty != true
        }
    }
}
