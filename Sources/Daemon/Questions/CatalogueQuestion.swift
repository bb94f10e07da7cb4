internal import CommandLineTool
internal import Configuration
internal import HTTP
internal import JSON
internal import JobModel
internal import Policy
internal import Provider
internal import Startup

/// What `jobctl models refresh` wants to know of the service's catalogue. An answer is whole, or it is a
/// failure.
struct CatalogueQuestion {
    private let client: RunComfyClient
    private let place: String
    private let retry: RetryPolicy

    private static let pageSize = 50
    /// Of all answers together: no catalogue is as large.
    private static let mostBytes = 128 << 20
    private static let mostTries = 3

    init(configuration: Configuration, http: HTTPClient, token: TokenSource.Token?) throws(Failure) {
        guard let secret = token?.secret else {
            throw Failure(.permission, "there is no token", hint: "set token_file or $RUNCOMFY_TOKEN")
        }
        place = configuration.apiURL
        retry = RetryPolicy(shortest: configuration.retryMin, longest: .seconds(10))
        client = RunComfyClient(
            http: http, baseURL: configuration.apiURL, connectTimeout: configuration.connectTimeout,
            answerTimeout: configuration.answerTimeout, token: { secret })
    }

    /// One object for each model asked for: `model`, and `entry` or `gone`. Of all models: one for each
    /// `entry`, and a last one with the `total` that the service counts.
    func ask(about ids: [String]) async throws -> [String] {
        if ids.isEmpty { return try await all() }
        var answers: [String] = []
        for id in ids {
            do {
                answers += try await entries({ try await client.model(id) }).entries.map {
                    JSON.object(["model": .string(id), "entry": $0]).text
                }
            } catch let obstacle as Obstacle {
                switch obstacle {
                case .gone(let reason), .misnamed(let reason):
                    answers.append(JSON.object(["model": .string(id), "gone": .string(reason)]).text)
                default: throw failure(obstacle)
                }
            }
        }
        return answers
    }

    /// Neither the length of a page nor the total is believed: it ends with a page that brings nothing new.
    private func all() async throws -> [String] {
        var answers: [String] = []
        var size = 0
        var seen: Set<String> = []
        var offset = 0
        var total: Int64?
        while true {
            let page: (entries: [JSON], total: Int64?)
            do {
                page = try await entries { try await client.models(offset: offset, limit: Self.pageSize) }
            } catch let obstacle as Obstacle {
                throw failure(obstacle)
            }
            total = page.total.map { max($0, total ?? $0) } ?? total
            offset += page.entries.count
            let new = page.entries.filter { seen.insert($0["model_id"]?.string ?? $0.text).inserted }
            if new.isEmpty { return answers + [JSON.object(["total": .optional(total)]).text] }
            answers += new.map { JSON.object(["entry": $0]).text }
            size += answers.suffix(new.count).reduce(0) { $0 + $1.utf8.count }
            guard size <= Self.mostBytes else {
                throw Failure(.unavailable, "\(place) lists models without end")
            }
        }
    }

    private func entries(_ ask: () async throws -> CatalogueAnswer) async throws -> (
        entries: [JSON], total: Int64?
    ) {
        var tries = 0
        while true {
            switch try await ask() {
            case .models(let entries, let total): return (entries, total)
            case .stopped(.tryLater(let reason, let asked)):
                tries += 1
                if tries == Self.mostTries { throw Obstacle.tryLater(reason, retryAfter: asked) }
                let wait = retry.delay(after: tries, chance: .random(in: 0..<1), asked: asked)
                try await Task.sleep(for: min(wait, .seconds(10)))
            case .stopped(let obstacle): throw obstacle
            }
        }
    }

    private func failure(_ obstacle: Obstacle) -> Failure {
        switch obstacle {
        case .account(.token, let reason), .denied(let reason):
            Failure(
                .permission, "\(place) refuses the token: \(reason)", hint: "put a valid token in its place")
        case .account(_, let reason):
            Failure(.permission, "the account: \(reason)", hint: "top up the account")
        case .gone(let reason), .misnamed(let reason), .tryLater(let reason, _):
            Failure(.unavailable, "\(place) gave no answer: \(reason)", hint: "try again later")
        }
    }
}
