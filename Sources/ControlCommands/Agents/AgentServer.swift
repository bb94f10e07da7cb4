internal import CommandLineTool
internal import JSON
internal import JobStore
internal import System

/// A server of the Model Context Protocol: reads requests, one a line, and answers them one after another.
/// Waits are kept apart, so that they hold up nothing.
final class AgentServer {
    private let session: AgentSession
    private let output: FileDescriptor
    private var input: LineInput
    private var waits: [AgentWait] = []
    private var isInitialized = false
    /// The store and its version when it was last looked at, while somebody waits.
    private var watched: (store: JobDatabase, version: StoreVersion?)?

    private static let tools: [AgentTool] = [
        .listModels, .getModel, .priceOrder, .enqueue, .listJobs, .getJob, .waitForJobs, .cancelJobs,
        .pickOutputs, .searchJobs, .explainJob, .getFile,
    ]

    /// More at once help nobody.
    private static let mostWaits = 64

    private static let instructions = """
        jobd orders pictures and videos from RunComfy, follows them and keeps the files. Look at list_models \
        and get_model, price an order with price_order, then enqueue it under a key of its own: the same key \
        never buys twice, so after any doubt repeat the same call. A file property may name another job's \
        output (job:KEY), so a chain is ordered at once. wait_for_jobs waits at most 50 seconds at a time.
        """

    init(_ session: AgentSession, input: FileDescriptor, output: FileDescriptor) {
        (self.session, self.input, self.output) = (session, LineInput(input), output)
    }

    /// Returns when the client has closed its end. What it waited for is then of no interest to anybody.
    func run() throws {
        while true {
            // While somebody waits, the store is looked at ten times a second.
            switch try input.next(within: waits.isEmpty ? -1 : 100) {
            case .line(let line): if !InputReader.isBlank(line) { try answer(line) }
            case .tooLong:
                let most = LineInput.longest >> 20
                try send(RPCError(.invalidRequest, "a message holds at most \(most) MiB").json)
            case .nothing: break
            case .end: return
            }
            try settleWaits()
        }
    }

    private func send(_ message: JSON) throws { try output.write(Array((message.text + "\n").utf8)) }

    private func send(_ result: JSONObject, to id: JSON) throws {
        try send(.object(["jsonrpc": "2.0", "id": id, "result": .object(result)]))
    }

    private func send(_ error: RPCError, to id: JSON) throws {
        var error = error
        error.id = id
        try send(error.json)
    }

    private func answer(_ line: [UInt8]) throws {
        let message: RPCMessage
        do throws(RPCError) { message = try RPCMessage(line) } catch { return try send(error.json) }
        switch message {
        case .request(let request):
            do {
                if let result = try result(of: request) { try send(result, to: request.id) }
            } catch let error as RPCError { try send(error, to: request.id) }
        case .notification("notifications/cancelled", let params):
            waits.removeAll { $0.id == params["requestId"] }
        case .notification, .response: break
        }
    }

    // MARK: - Methods

    /// Nil if it will be answered later.
    private func result(of request: RPCRequest) throws -> JSONObject? {
        if waits.contains(where: { $0.id == request.id }) {
            throw RPCError(.invalidRequest, "a request with this id is not answered yet")
        }
        let era = try ProtocolEra(of: request, isInitialized: isInitialized)
        if request.method == "tools/call" { return try call(request, era) }
        let result = try result(of: request.method, request.params, era)
        return era.complete(
            result, isCacheable: !["initialize", "ping", "prompts/get"].contains(request.method))
    }

    private func result(of method: String, _ params: JSONObject, _ era: ProtocolEra) throws -> JSONObject {
        if method.hasSuffix("/list"), let cursor = params["cursor"], cursor != .null {
            // Everything is on the first page.
            throw RPCError(.invalidParams, "there is no such page")
        }
        switch (method, era) {
        case ("initialize", .handshake):
            isInitialized = true
            return [
                "protocolVersion": .string(ProtocolEra.agreed(params["protocolVersion"]?.string)),
                "capabilities": Self.capabilities, "serverInfo": ProtocolEra.server,
                "instructions": .string(Self.instructions),
            ]
        case ("ping", .handshake): return [:]
        case ("server/discover", .stateless):
            return [
                "supportedVersions": .array(ProtocolEra.all.map(JSON.string)),
                "capabilities": Self.capabilities, "instructions": .string(Self.instructions),
            ]
        case ("tools/list", _):
            let usable = Self.tools.filter { !session.isReadOnly || $0.effect == .reads }
            return ["tools": .array(usable.map(\.json))]
        case ("resources/list", _): return ["resources": .array(try AgentResource.newest(session))]
        case ("resources/templates/list", _): return ["resourceTemplates": AgentResource.templates]
        case ("resources/read", _): return try read(params, era)
        case ("prompts/list", _): return ["prompts": .array(AgentPrompt.all.map(\.json))]
        case ("prompts/get", _): return try AgentPrompt.get(params)
        default: throw RPCError(.methodNotFound, "there is no method \(method)")
        }
    }

    private static let capabilities = JSON.object([
        "tools": .object([:]), "resources": .object([:]), "prompts": .object([:]),
    ])

    private func read(_ params: JSONObject, _ era: ProtocolEra) throws -> JSONObject {
        guard let uri = params["uri"]?.string else { throw RPCError(.invalidParams, "\"uri\" is missing") }
        do { return ["contents": .array([try AgentResource(uri).contents(in: session)])] } catch {
            let isOld = era == .handshake
            throw RPCError(
                isOld ? .resourceNotFound : .invalidParams, Failure(of: error).message,
                data: .object(["uri": .string(uri)]))
        }
    }

    // MARK: - Tools

    private func call(_ request: RPCRequest, _ era: ProtocolEra) throws -> JSONObject? {
        guard let name = request.params["name"]?.string else {
            throw RPCError(.invalidParams, "\"name\" is missing")
        }
        guard let tool = Self.tools.first(where: { $0.name == name }) else {
            throw RPCError(.invalidParams, "there is no tool \(name)")
        }
        let arguments = request.params["arguments"] ?? .object([:])
        guard let arguments = arguments.object else {
            throw RPCError(.invalidParams, "\"arguments\" must be an object")
        }
        // What is wrong with a call is told to the agent, which can put it right.
        do {
            switch try tool.call(arguments, in: session) {
            case .result(let result): return era.complete(result.json, isCacheable: false)
            case .later(let end, let look):
                guard waits.count < Self.mostWaits else {
                    throw Failure(.no, "\(waits.count) waits are under way", hint: "wait for all at once")
                }
                waits.append(AgentWait(id: request.id, era: era, end: end, look: look))
                return nil
            }
        } catch { return era.complete(ToolResult.refusal(Failure(of: error)), isCacheable: false) }
    }

    /// Answers the waits that are over.
    private func settleWaits() throws {
        guard !waits.isEmpty else { return }
        let now = ContinuousClock.now
        let hasChanged = try storeHasChanged()
        for index in waits.indices where hasChanged || !waits[index].hasLooked || now >= waits[index].end {
            waits[index].hasLooked = true
            let wait = waits[index]
            let result: JSONObject
            do {
                guard let found = try wait.look(now >= wait.end) else { continue }
                result = found.json
            } catch { result = ToolResult.refusal(Failure(of: error)) }
            waits[index].isOver = true
            try send(wait.era.complete(result, isCacheable: false), to: wait.id)
        }
        waits.removeAll(where: \.isOver)
        if waits.isEmpty { watched = nil }
    }

    private func storeHasChanged() throws -> Bool {
        do {
            if watched == nil { watched = try session.store().map { ($0, nil) } }
            guard let (store, version) = watched else { return false }
            let present = try store.version()
            watched = (store, present)
            return present != version
        } catch {
            // Each look says what is wrong.
            watched = nil
            return true
        }
    }
}

/// A call that is answered when jobs have ended, or when its time is over.
private struct AgentWait {
    let id: JSON
    let era: ProtocolEra
    let end: ContinuousClock.Instant
    let look: (Bool) throws -> ToolResult?
    var hasLooked = false
    var isOver = false
}
