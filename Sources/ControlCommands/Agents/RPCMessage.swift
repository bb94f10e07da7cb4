internal import JSON

/// One line from a client: a JSON-RPC 2.0 message.
enum RPCMessage: Equatable {
    case request(RPCRequest)
    case notification(method: String, params: JSONObject)
    /// An answer to a question that was never asked.
    case response

    /// Throws `RPCError`, with the id if it could be read.
    init(_ line: [UInt8]) throws(RPCError) {
        let value: JSON
        // What is sent for a person must be unmistakable: a repeated key is refused.
        do throws(JSONError) { value = try JSON(parsing: line, .strict) } catch {
            throw RPCError(.parse, "the line is not JSON: \(error)")
        }
        guard let object = value.object else {
            throw RPCError(.invalidRequest, "a message is one JSON object; there are no batches")
        }
        let id = object["id"]
        if let id, !Self.isUsable(id) {
            throw RPCError(.invalidRequest, "an id is a text or a whole number")
        }
        guard object["jsonrpc"]?.string == "2.0" else {
            throw RPCError(.invalidRequest, "\"jsonrpc\" must be \"2.0\"", id: id)
        }
        guard let method = object["method"] else {
            if object["result"] != nil || object["error"] != nil {
                self = .response
                return
            }
            throw RPCError(.invalidRequest, "there is no \"method\"", id: id)
        }
        guard let method = method.string else {
            throw RPCError(.invalidRequest, "\"method\" must be a text", id: id)
        }
        let params = object["params"] ?? .object([:])
        guard let params = params.object else {
            if id == nil {
                self = .notification(method: method, params: [:])
                return
            }
            throw RPCError(.invalidParams, "\"params\" must be an object", id: id)
        }
        self =
            id.map { .request(RPCRequest(id: $0, method: method, params: params)) }
            ?? .notification(method: method, params: params)
    }

    private static func isUsable(_ id: JSON) -> Bool {
        if let text = id.string { return text.utf8.count <= 1000 }
        return id.integer != nil
    }
}

/// A message that wants an answer.
struct RPCRequest: Equatable {
    let id: JSON
    let method: String
    let params: JSONObject
}

/// Why a request has no result.
struct RPCError: Error, Equatable {
    enum Code: Int {
        case parse = -32700
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParams = -32602
        case internalError = -32603
        case unsupportedVersion = -32022
        /// In revisions before 2026-07-28.
        case resourceNotFound = -32002
    }

    let code: Code
    let message: String
    var data: JSON?
    /// Of the request; nil if it could not be read.
    var id: JSON?

    init(_ code: Code, _ message: String, data: JSON? = nil, id: JSON? = nil) {
        (self.code, self.message, self.data, self.id) = (code, message, data, id)
    }

    var json: JSON {
        var error: JSONObject = ["code": .integer(code.rawValue), "message": .string(message)]
        if let data { error["data"] = data }
        return .object(["jsonrpc": "2.0", "id": id ?? .null, "error": .object(error)])
    }
}
