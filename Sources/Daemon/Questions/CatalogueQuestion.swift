internal import CommandLineTool
internal import Configuration
internal import HTTP
internal import JSON
internal import JobModel
internal import Policy
internal import Provider
internal import Startup

/// What `jobctl models refresh` asks about the service's catalogue. An incomplete answer is a failure.
struct CatalogueQuestion {
    private let client: RunComfyClient
    private let place: String
    private let retry: RetryPolicy

    private static let pageSize = 50
    /// For all answers together; no catalogue is that large.
    private static let byteLimit = 128 << 20
    private static let tryLimit = 3

    init(configuration: Configuration, http: HTTPClient, token: TokenSource.Token?) throws(Failure) {
        guard let secret = token?.secret else { throw TokenSource.missing }
        place = configuration.apiURL
        retry = RetryPolicy(shortest: configuration.retryMin, longest: .seconds(10))
        client = RunComfyClient(
            http: http, baseURL: configuration.apiURL, connectTimeout: configuration.connectTimeout,
            answerTimeout: configuration.answerTimeout, token: { secret })
    }

    /// For named models, one object each: `model`, and `entry` or `gone`. For all models, one object for each
    /// `entry`, then one with the `total` that the service claims.
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

    /// Trusts neither the length of a page nor the total: stops at a page with nothing new.
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
            guard size <= Self.byteLimit else {
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
                if tries == Self.tryLimit { throw Obstacle.tryLater(reason, retryAfter: asked) }
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
                .permission, "\(place) refuses the token: \(reason)", hint: "replace it with a valid token")
        case .account(_, let reason):
            Failure(.permission, "the account: \(reason)", hint: "top up the account")
        case .gone(let reason), .misnamed(let reason), .tryLater(let reason, _):
            Failure(.unavailable, "\(place) gave no answer: \(reason)", hint: "try again later")
        }
    }
}
