internal import JSON

/// The service's way to say no.
enum ErrorAnswer {
    static func code(_ code: Int, _ message: String, status: Int) -> Answer {
        .json(.object(["error_code": .integer(code), "error_message": .string(message)]), status: status)
    }

    static func notFound(_ id: String) -> Answer {
        code(404001, "ResourceNotFound: request \(id) does not exist", status: 404)
    }

    /// With 402: at any other status RunComfy's own nodes call it unknown whether the POST bought something.
    static func noBalance(_ message: String, status: Int? = nil) -> Answer {
        code(400002, "InsufficientResources: \(message)", status: status ?? 402)
    }

    static func unprocessable(_ problems: [(path: [String], message: String)]) -> Answer {
        let details = problems.map { problem in
            JSON.object([
                "loc": .array((["body"] + problem.path).map(JSON.string)), "msg": .string(problem.message),
                "type": .string("value_error"),
            ])
        }
        return .json(.object(["detail": .array(details)]), status: 422)
    }

    /// What an ordered HTTP status comes with.
    static func ordered(_ fault: Fault, status: Int) -> Answer {
        var answer: Answer
        if let body = members(
            fault.body ?? .code, message: "simulated fault \(fault.specification)", code: code(for: status))
        {
            answer = .json(.object(body), status: status)
        } else {
            answer = Answer(status: status, type: nil, bytes: [])
        }
        if let seconds = fault.retryAfter { answer.headers.append(("Retry-After", seconds)) }
        return answer
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

    /// The members of an answer that say what is wrong; nil for a body without anything.
    static func members(_ body: Fault.ErrorBody, message: String, code: Int) -> JSONObject? {
        let text = JSON.string(message)
        switch body {
        case .code: return ["error_code": .integer(code), "error_message": text]
        case .message: return ["message": text]
        case .error: return ["error": text]
        case .errorObject:
            return [
                "error": .object(["message": text, "code": .integer(code), "type": .string("simulated")])
            ]
        case .errorArray: return ["error": .array([.object(["error": text, "errorCode": .integer(code)])])]
        case .detail: return ["detail": text]
        case .detailArray:
            return [
                "detail": .array([.object(["loc": .array([]), "msg": text, "type": .string("simulated")])])
            ]
        case .failureReason: return ["failure_reason": text]
        case .none: return nil
        }
    }

    private static func code(for status: Int) -> Int {
        switch status {
        case 400: 400001
        case 401: 400004
        case 402: 400002
        default: status * 1000 + 1
        }
    }
}
