package import HTTP
internal import JSON
internal import JobModel

/// RunComfy's calls. Every URL is built from the own base: the URLs that an answer names are never followed,
/// so that the token goes nowhere else.
package struct RunComfyClient: RemoteService {
    package static let balanceURL = "https://api.runcomfy.net/prod/v2/balance"

    private let http: HTTPClient
    private let baseURL: String
    private let connectTimeout: Duration
    private let answerTimeout: Duration
    private let token: @Sendable () -> String?

    /// `token` is asked anew for each call, so that a changed one is used at once.
    package init(
        http: HTTPClient, baseURL: String, connectTimeout: Duration = .seconds(10),
        answerTimeout: Duration = .seconds(60), token: @escaping @Sendable () -> String?
    ) {
        self.http = http
        self.baseURL = String(baseURL.reversed().drop { $0 == "/" }.reversed())
        self.connectTimeout = connectTimeout
        self.answerTimeout = answerTimeout
        self.token = token
    }

    /// Sends a job's input, once. Costs money. Also when cancelled it says what is known: the answer is in
    /// doubt.
    package func submit(model: String, input: String) async -> SubmitAnswer {
        guard let path = ModelPath.encode(model) else {
            return .refused("the model id \"\(model)\" cannot be sent")
        }
        do throws(HTTPError) {
            let request = try request("/v1/models/\(path)", .post(body: Array(input.utf8)))
            return SubmitAnswer.read(try await send(request))
        } catch {
            return error == Self.noToken ? .accountFault(.token, "there is no token") : .read(error)
        }
    }

    package func status(of requestID: String) async throws(CancellationError) -> StatusAnswer {
        try await ask(Subject(requestID: requestID), "status", StatusAnswer.read, StatusAnswer.stopped)
    }

    /// Asks for the cost too, which may come later than the outputs.
    ///
    /// - Parameter model: the one that the request is of; a result that names another is not believed. Status
    ///   and cancel go by the request alone: a model may have been renamed meanwhile.
    package func result(of requestID: String, model: String?) async throws(CancellationError)
        -> ResultAnswer
    {
        try await ask(
            Subject(requestID: requestID, model: model), "result?include_cost=true", ResultAnswer.read,
            ResultAnswer.stopped)
    }

    package func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer {
        try await ask(
            Subject(requestID: requestID), "cancel", method: .post(body: Array("{}".utf8)),
            CancelAnswer.read,
            CancelAnswer.stopped)
    }

    /// One page of the catalogue, schemas included.
    package func models(offset: Int, limit: Int) async throws(CancellationError) -> CatalogueAnswer {
        try await ask(
            "/v1/models?include_schema=true&limit=\(limit)&offset=\(offset)", .get, CatalogueAnswer.readPage,
            CatalogueAnswer.stopped)
    }

    package func model(_ model: String) async throws(CancellationError) -> CatalogueAnswer {
        guard let path = ModelPath.encode(model) else { return .stopped(.misnamed("no model has this id")) }
        return try await ask("/v1/models/\(path)", .get, CatalogueAnswer.readModel, CatalogueAnswer.stopped)
    }

    /// The one call that takes the token to another host than the base's; made when a person asks for it by
    /// name.
    package func balance(at url: String = Self.balanceURL) async throws(CancellationError) -> BalanceAnswer {
        try await ask(url: url, .get, BalanceAnswer.read, BalanceAnswer.stopped)
    }
}

extension RunComfyClient {
    private static let noToken = HTTPError.badRequest("there is no token")

    private func request(_ path: String, _ method: HTTPRequest.Method) throws(HTTPError) -> HTTPRequest {
        try request(url: baseURL + path, method)
    }

    private func request(url: String, _ method: HTTPRequest.Method) throws(HTTPError) -> HTTPRequest {
        guard let token = token(), !token.isEmpty else { throw Self.noToken }
        // Without a word of it, any encoding would be right.
        var headers: HTTPHeaders = ["Accept-Encoding": "identity"]
        if method != .get {
            headers.fields.append(HTTPHeaders.Field(name: "Content-Type", value: "application/json"))
        }
        return HTTPRequest(
            url: url, method: method, headers: headers, bearerToken: token, connectTimeout: connectTimeout,
            answerTimeout: answerTimeout)
    }

    private func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let token = SealedToken(request.bearerToken ?? "")
        do throws(HTTPError) {
            return token.seal(try Self.decoded(try await http.send(request), request))
        } catch {
            throw token.seal(Self.decoded(error, request))
        }
    }

    /// An answer that came encoded is read as if it had not: the answer to a POST cannot be asked for again.
    private static func decoded(_ response: HTTPResponse, _ request: HTTPRequest) throws(HTTPError)
        -> HTTPResponse
    {
        switch response.decoding(limit: request.maximumBody) {
        case .none: return response
        case .decoded(let plain): return plain
        case .damaged(let plain): throw .noAnswer("its encoded body is damaged", partial: plain)
        case .tooLong(let plain): throw .bodyTooLarge(plain)
        }
    }

    private static func decoded(_ error: HTTPError, _ request: HTTPRequest) -> HTTPError {
        func plain(_ response: HTTPResponse) -> HTTPResponse {
            switch response.decoding(limit: request.maximumBody) {
            case .none: response
            case .decoded(let plain), .damaged(let plain), .tooLong(let plain): plain
            }
        }
        return switch error {
        case .noAnswer(let reason, let partial): .noAnswer(reason, partial: partial.map(plain))
        case .bodyTooLarge(let response): .bodyTooLarge(plain(response))
        default: error
        }
    }

    private func ask<Answer>(
        _ subject: Subject, _ call: String, method: HTTPRequest.Method = .get,
        _ read: (HTTPResponse, Subject?) -> Answer,
        _ stopped: (Obstacle) -> Answer
    ) async throws(CancellationError) -> Answer {
        // Ids are checked when they come; one that a person wrote is not sent either.
        let id = subject.requestID
        guard RequestID.isUsable(id) else { return stopped(.misnamed("no request has this id")) }
        return try await ask("/v1/requests/\(id)/\(call)", method, { read($0, subject) }, stopped)
    }

    private func ask<Answer>(
        _ path: String, _ method: HTTPRequest.Method, _ read: (HTTPResponse) -> Answer,
        _ stopped: (Obstacle) -> Answer
    ) async throws(CancellationError) -> Answer {
        try await ask(url: baseURL + path, method, read, stopped)
    }

    private func ask<Answer>(
        url: String, _ method: HTTPRequest.Method, _ read: (HTTPResponse) -> Answer,
        _ stopped: (Obstacle) -> Answer
    ) async throws(CancellationError) -> Answer {
        do throws(HTTPError) {
            var request = try request(url: url, method)
            var response = try await send(request)
            // Encoded in a way that libcurl alone knows. A proxy may have decoded it, and left the word.
            if response.isEncoded, method == .get, (try? JSON(parsing: response.body)) == nil {
                request.decodesBody = true
                response = try await send(request)
            }
            return read(response)
        } catch {
            if error == Self.noToken { return stopped(.account(.token, "there is no token")) }
            guard let obstacle = Obstacle(error) else { throw CancellationError() }
            return stopped(obstacle)
        }
    }
}
