internal import JSON

/// The service's ways to say no.
extension Answer {
    /// - Parameter status: the digits of the code before its last three, unless it is given.
    static func error(_ code: Int, _ message: String, status: Int? = nil) -> Answer {
        .json(
            ["error_code": .integer(code), "error_message": .string(message)], status: status ?? code / 1000)
    }

    static func notFound(_ id: String) -> Answer {
        error(404001, "ResourceNotFound: request \(id) does not exist")
    }

    /// With 402: at any other status RunComfy's own nodes do not know whether the POST bought something.
    static func noBalance(_ message: String, status: Int? = nil) -> Answer {
        error(400002, "InsufficientResources: \(message)", status: status ?? 402)
    }

    static func unprocessable(_ problems: [(path: [String], message: String)]) -> Answer {
        let details = problems.map { problem in
            JSON.object([
                "loc": .array((["body"] + problem.path).map(JSON.string)), "msg": .string(problem.message),
                "type": "value_error",
            ])
        }
        return .json(["detail": .array(details)], status: 422)
    }

    /// The answer of a fault that orders an HTTP status.
    static func ordered(_ fault: Fault, status: Int) -> Answer {
        let code = [400: 400001, 401: 400004, 402: 400002][status] ?? status * 1000 + 1
        let message = "simulated fault \(fault.specification)"
        return members(fault.body ?? .code, message: message, code: code).map { .json($0, status: status) }
            ?? Answer(status: status, type: nil, bytes: [])
    }

    static func html(_ status: Int) -> Answer {
        let page = """
            <!DOCTYPE html>
            <html><head><title>\(status)</title></head>
            <body><h1>\(status)</h1><hr>a proxy that is not the service</body>
            </html>

            """
        return Answer(status: status, type: "text/html", bytes: Array(page.utf8))
    }

    /// The members of an answer that say what is wrong; nil for an empty body.
    static func members(_ body: Fault.ErrorBody, message: String, code: Int) -> JSONObject? {
        let text = JSON.string(message)
        let code = JSON.integer(code)
        return switch body {
        case .code: ["error_code": code, "error_message": text]
        case .message: ["message": text]
        case .error: ["error": text]
        case .errorObject: ["error": .object(["message": text, "code": code, "type": "simulated"])]
        case .errorArray: ["error": .array([.object(["error": text, "errorCode": code])])]
        case .detail: ["detail": text]
        case .detailArray:
            ["detail": .array([.object(["loc": .array([]), "msg": text, "type": "simulated"])])]
        case .failureReason: ["failure_reason": text]
        case .none: nil
        }
    }
}

extension [Fault] {
    /// The answer that replaces the right one, and whether a POST that gets it is accepted all the same.
    var replacement: (answer: Answer, isAccepted: Bool)? {
        for fault in self {
            var answer: Answer
            switch fault.effect {
            case .status: answer = .ordered(fault, status: fault.count ?? 500)
            case .html: answer = .html(fault.count ?? 200)
            case .errorInOK:
                let message = "simulated fault \(fault.specification)"
                return (.error(fault.count ?? 500000, message, status: 200), fault.isAccepted)
            case .blank:
                return (Answer(status: 200, type: "application/json", bytes: []), fault.isAccepted)
            case .cutBefore, .cutAfter, .hang:
                answer = .dropped
                if fault.effect == .hang { answer.delay = 3600 }
            default: continue
            }
            if let seconds = fault.retryAfter { answer.headers.append(("Retry-After", seconds)) }
            return (answer, fault.isAccepted || fault.effect == .cutAfter)
        }
        return nil
    }

    /// Applies the faults that only delay an answer or cut it short.
    func spoil(_ answer: Answer) -> Answer {
        var answer = answer
        if let seconds = self[.delay]?.seconds { answer.delay += seconds }
        if contains(.hold) { answer.isHeld = true }
        if contains(.cutBody) { answer.cutAfter = answer.part.count / 2 }
        return answer
    }
}
