package import JSON
internal import System

/// An agent's program: a `jobctl mcp` at the other end of two pipes.
package final class AgentClient {
    package let program: Program
    private var input: FileDescriptor?
    /// Tests that write their own lines use smaller ones.
    private var lastID = 100

    /// What a request of revision 2026-07-28 says of itself.
    package static let meta = """
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
        "io.modelcontextprotocol/clientCapabilities":{}}
        """

    package init(_ stage: Stage, _ options: String...) throws {
        let pipe = try FileDescriptor.pipe()
        input = pipe.input
        program = try stage.start(["mcp"] + options, input: pipe.output.number)
    }

    package func send(_ bytes: [UInt8]) throws { try input?.write(bytes) }
    package func send(_ line: String) throws { try send(Array((line + "\n").utf8)) }

    /// The client goes.
    package func close() { input = nil }

    /// Every message so far; any other line is an error.
    package func messages() throws -> [JSON] {
        try program.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            let message = try JSON(parsing: $0, .strict)
            guard message["jsonrpc"]?.string == "2.0" else { throw Never(description: "no message: \($0)") }
            return message
        }
    }

    /// The answer to the request with this id.
    package func answer(to id: Int) async throws -> JSON {
        var found: JSON?
        try await eventually("request \(id) is answered: \(program.errors)") {
            found = try messages().first { $0["id"]?.integer == Int64(id) }
            return found != nil || program.hasEnded
        }
        guard let found else { throw Never(description: "it ended: \(program.errors)") }
        return found
    }

    /// Sends a request. Returns its id.
    @discardableResult
    package func request(_ method: String, _ params: String = "") throws -> Int {
        lastID += 1
        let params = params.isEmpty ? Self.meta : "\(Self.meta),\(params)"
        try send(#"{"jsonrpc":"2.0","id":\#(lastID),"method":"\#(method)","params":{\#(params)}}"#)
        return lastID
    }

    package func ask(_ method: String, _ params: String = "") async throws -> JSON {
        try await answer(to: try request(method, params))
    }

    /// What a tool answers; nil if it refuses.
    package func call(_ tool: String, _ arguments: String) async throws -> JSON? {
        try await result(of: tool, arguments)["structuredContent"]
    }

    /// The whole result of a tool.
    package func result(of tool: String, _ arguments: String) async throws -> JSON {
        let answer = try await ask("tools/call", #""name":"\#(tool)","arguments":\#(arguments)"#)
        guard let result = answer["result"] else { throw Never(description: answer.text) }
        return result
    }

    /// Why a tool refuses, as `jobctl --json` says it.
    package func refusal(of tool: String, _ arguments: String) async throws -> JSON {
        let result = try await result(of: tool, arguments)
        guard result["isError"]?.bool == true, let text = result["content"]?.array?.first?["text"]?.string,
            let error = try JSON(parsing: text)["error"]
        else { throw Never(description: "no refusal: \(result.text)") }
        return error
    }
}
