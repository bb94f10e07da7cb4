internal import CommandLineTool
internal import Configuration
internal import HTTP
internal import JSON
internal import JobModel
internal import Provider
internal import Startup

/// What `jobctl doctor` has jobd ask RunComfy. The answer is one JSON object.
struct AccountQuestion {
    let configuration: Configuration
    let http: HTTPClient
    let token: TokenSource.Token?

    private enum Verdict: String {
        case ok, warning, fault
    }

    func ask(aboutBalance: Bool) async throws -> JSON {
        guard let secret = token?.secret else {
            return Self.answer(.fault, TokenSource.missing.message, TokenSource.missing.hint)
        }
        let client = RunComfyClient(
            http: http, baseURL: configuration.apiURL, connectTimeout: configuration.connectTimeout,
            answerTimeout: min(configuration.answerTimeout, .seconds(20)), token: { secret })
        return aboutBalance ? try await balance(client) : try await acceptance(client)
    }

    /// Asks for a request that cannot exist: being told so means that the token was accepted.
    private func acceptance(_ client: RunComfyClient) async throws -> JSON {
        let accepted = "\(configuration.apiURL) accepts it"
        return switch try await client.status(of: "jobctl-doctor") {
        case .known, .stopped(.gone), .stopped(.misnamed), .stopped(.denied): Self.answer(.ok, accepted)
        case .stopped(let obstacle): Self.answer(obstacle, at: configuration.apiURL)
        }
    }

    private func balance(_ client: RunComfyClient) async throws -> JSON {
        let place = BalanceAddress.of(apiURL: configuration.apiURL)
        return switch try await client.balance(at: place) {
        case .balance(let amount, let currency) where amount > 0:
            Self.answer(.ok, "\((amount * 100).rounded() / 100) \(currency)")
        case .balance(let amount, let currency):
            Self.answer(.fault, "\(amount) \(currency)", "top up the account; jobd then continues by itself")
        case .stopped(let obstacle): Self.answer(obstacle, at: place)
        }
    }

    private static func answer(_ obstacle: Obstacle, at place: String) -> JSON {
        switch obstacle {
        case .account(.token, let reason):
            answer(.fault, "\(place) refuses the token: \(reason)", "replace it with a valid token")
        case .account(_, let reason):
            answer(.fault, "the account: \(reason)", "top up the account; jobd then continues by itself")
        case .gone(let reason), .misnamed(let reason), .denied(let reason), .tryLater(let reason, _):
            answer(
                .warning, "\(place) gave no answer: \(reason)", "try again later; nothing is lost")
        }
    }

    private static func answer(_ verdict: Verdict, _ detail: String, _ hint: String? = nil) -> JSON {
        .object([
            "verdict": .string(verdict.rawValue), "detail": .string(detail), "hint": .optional(hint),
        ])
    }
}

/// Where to ask for the balance: RunComfy's own endpoint, or the service on loopback.
enum BalanceAddress {
    static func of(apiURL: String) -> String {
        // The configuration accepts http only on loopback.
        guard apiURL.hasPrefix("http://") else { return RunComfyClient.balanceURL }
        let origin = apiURL.split(separator: "/", omittingEmptySubsequences: false).prefix(3).joined(
            separator: "/")
        return origin + "/prod/v2/balance"
    }
}
