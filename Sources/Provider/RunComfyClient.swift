package import HTTP
internal import JSON
internal import JobModel

/// The calls that a job's life needs. `RunComfyClient` makes them.
package protocol RemoteService: Sendable {
    /// Sends a job's input, once. Costs money.
    ///
    /// - Parameter mayLeave: asked once more just before it leaves.
    func submit(
        model: String, input: SentInput, ifStill mayLeave: (@Sendable () -> Bool)?
    ) async -> SubmitAnswer
    func status(of requestID: String) async throws(CancellationError) -> StatusAnswer
    func result(of requestID: String, model: String?) async throws(CancellationError) -> ResultAnswer
    func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer
    /// Asks for the status of many requests. No task waits for it: `receiver` gets the answers, by job.
    func look(_ looks: [Look], _ receiver: AnswerReceiver)
    /// What the answer to a look means.
    func status(of requestID: String, from answer: Result<HTTPResponse, HTTPError>)
        async throws(CancellationError) -> StatusAnswer
}

/// A question for the status of a job's request.
package struct Look: Sendable {
    package let job: Int64
    package let requestID: String
    /// The last answer, if it is known what it means.
    package let known: AnswerDigest?

    package init(job: Int64, requestID: String, known: AnswerDigest?) {
        (self.job, self.requestID, self.known) = (job, requestID, known)
    }
}

/// RunComfy's calls. Every URL starts with the configured base. URLs that answers name are never followed, so
/// that the token is sent nowhere else.
package struct RunComfyClient: RemoteService {
    package static let balanceURL = "https://api.runcomfy.net/prod/v2/balance"

    private let http: HTTPClient
    private let baseURL: String
    private let connectTimeout: Duration
    private let answerTimeout: Duration
    private let token: @Sendable () -> String?

    /// `token` is called for each request, so that a changed token is used at once.
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

    /// Sends a job's input, once. Costs money. If it is cancelled, the answer is in doubt.
    package func submit(
        model: String, input: SentInput, ifStill mayLeave: (@Sendable () -> Bool)? = nil
    ) async -> SubmitAnswer {
        guard let path = ModelPath.encode(model) else {
            return .refused("the model id \"\(model)\" cannot be sent")
        }
        let body: HTTPRequest.Method
        do throws(SentInput.Fault) { body = try input.body() } catch {
            return .unreachable("a file of its input cannot be read: \(error.words)")
        }
        do throws(HTTPError) {
            var request = try request(baseURL + "/v1/models/\(path)", body)
            request.mayLeave = mayLeave
            // An upload that is cut short leaves a job that nobody knows of.
            if !input.files.isEmpty { request.answerTimeout? += Self.uploadTime(of: input.size) }
            return SubmitAnswer.read(try await send(request))
        } catch {
            return error == Self.noToken ? .accountFault(.token, "there is no token") : .read(error)
        }
    }

    package func status(of requestID: String) async throws(CancellationError) -> StatusAnswer {
        try await ask(Subject(requestID: requestID), "status", StatusAnswer.read)
    }

    package func look(_ looks: [Look], _ receiver: AnswerReceiver) {
        do throws(HTTPError) {
            var request = try request(baseURL, .get)
            http.compare(
                looks.map { look in
                    request.url = url(look.requestID, "status") ?? ""
                    return ComparedRequest(request, tag: look.job, known: look.known)
                }, receiver)
        } catch {
            receiver.receive(looks.map { ($0.job, .other(.failure(error), nil)) })
        }
    }

    package func status(of requestID: String, from answer: Result<HTTPResponse, HTTPError>)
        async throws(CancellationError) -> StatusAnswer
    {
        try await ask(Subject(requestID: requestID), "status", first: answer, StatusAnswer.read)
    }

    /// Asks for the cost too, which may come later than the outputs.
    ///
    /// - Parameter model: the request's model. A result that names another one is not believed. For status
    ///   and cancel only the request counts: a model may have been renamed since.
    package func result(of requestID: String, model: String?) async throws(CancellationError)
        -> ResultAnswer
    {
        try await ask(
            Subject(requestID: requestID, model: model), "result?include_cost=true", ResultAnswer.read)
    }

    package func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer {
        try await ask(
            Subject(requestID: requestID), "cancel", method: .post(body: Array("{}".utf8)), CancelAnswer.read)
    }

    /// One page of the catalogue, schemas included.
    package func models(offset: Int, limit: Int) async throws(CancellationError) -> CatalogueAnswer {
        try await ask(
            baseURL + "/v1/models?include_schema=true&limit=\(limit)&offset=\(offset)",
            CatalogueAnswer.readPage)
    }

    package func model(_ model: String) async throws(CancellationError) -> CatalogueAnswer {
        guard let path = ModelPath.encode(model) else { return .stopped(.misnamed("no model has this id")) }
        return try await ask(baseURL + "/v1/models/\(path)", CatalogueAnswer.readModel)
    }

    /// The only call that sends the token to another host. It is made only when a person asks for it.
    package func balance(at url: String = Self.balanceURL) async throws(CancellationError) -> BalanceAnswer {
        try await ask(url, BalanceAnswer.read)
    }
}

extension RunComfyClient {
    private static let noToken = HTTPError.badRequest("there is no token")

    /// How long a slow line may take, of half a megabit a second.
    private static func uploadTime(of bytes: Int64) -> Duration { .milliseconds(bytes / 64) }

    private func request(_ url: String, _ method: HTTPRequest.Method) throws(HTTPError) -> HTTPRequest {
        guard let token = token(), !token.isEmpty else { throw Self.noToken }
        // Without this header, an answer may come in any encoding.
        var headers: HTTPHeaders = ["Accept-Encoding": "identity"]
        if method != .get {
            headers.fields.append(HTTPHeaders.Field(name: "Content-Type", value: "application/json"))
        }
        return HTTPRequest(
            url: url, method: method, headers: headers, bearerToken: token, connectTimeout: connectTimeout,
            answerTimeout: answerTimeout)
    }

    private func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let answer: Result<HTTPResponse, HTTPError>
        do throws(HTTPError) { answer = .success(try await http.send(request)) } catch {
            answer = .failure(error)
        }
        return try Self.opened(answer, request)
    }

    /// The answer to the request, decoded and without the token.
    private static func opened(_ answer: Result<HTTPResponse, HTTPError>, _ request: HTTPRequest)
        throws(HTTPError) -> HTTPResponse
    {
        let token = SealedToken(request.bearerToken ?? "")
        do throws(HTTPError) {
            return token.seal(try decoded(try answer.get(), request))
        } catch {
            throw token.seal(decoded(error, request))
        }
    }

    /// Decodes an answer that came encoded all the same: the answer to a POST cannot be asked for again.
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

    /// Nil if the id is unusable. Ids are checked when they arrive; one that a person wrote may still be so.
    private func url(_ id: String, _ call: String) -> String? {
        RequestID.isUsable(id) ? "\(baseURL)/v1/requests/\(id)/\(call)" : nil
    }

    /// - Parameter first: the answer, if the question was asked before.
    private func ask<Answer: StoppableAnswer>(
        _ subject: Subject, _ call: String, method: HTTPRequest.Method = .get,
        first: Result<HTTPResponse, HTTPError>? = nil, _ read: (HTTPResponse, Subject?) -> Answer
    ) async throws(CancellationError) -> Answer {
        guard let url = url(subject.requestID, call) else {
            return .stopped(.misnamed("no request has this id"))
        }
        return try await ask(url, method: method, first: first) { read($0, subject) }
    }

    private func ask<Answer: StoppableAnswer>(
        _ url: String, method: HTTPRequest.Method = .get, first: Result<HTTPResponse, HTTPError>? = nil,
        _ read: (HTTPResponse) -> Answer
    ) async throws(CancellationError) -> Answer {
        do throws(HTTPError) {
            var request = try request(url, method)
            var response: HTTPResponse
            if let first {
                response = try Self.opened(first, request)
            } else {
                response = try await send(request)
            }
            // Either only libcurl knows the encoding, or a proxy decoded the body and left the header.
            if response.isEncoded, method == .get, (try? JSON(parsing: response.body)) == nil {
                request.decodesBody = true
                response = try await send(request)
            }
            return read(response)
        } catch {
            if error == Self.noToken { return .stopped(.account(.token, "there is no token")) }
            guard let obstacle = Obstacle(error) else { throw CancellationError() }
            return .stopped(obstacle)
        }
    }
}

/// Puts a model's id, which has slashes, into a path.
enum ModelPath {
    /// Nil if the id would lead to another path, or to none.
    static func encode(_ model: String) -> String? {
        let parts = model.split(separator: "/", omittingEmptySubsequences: false)
        if model.utf8.count > 512 || parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return nil
        }
        return parts.map { part in
            String(
                percentEncoding: part.utf8, unless: { $0.isASCIILetterOrDigit || "._~-".utf8.contains($0) })
        }.joined(separator: "/")
    }
}
