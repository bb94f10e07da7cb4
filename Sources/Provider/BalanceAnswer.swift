package import HTTP
internal import JSON

/// What the balance endpoint said.
package enum BalanceAnswer: Equatable, Sendable {
    case balance(Double, currency: String)
    case stopped(Obstacle)

    package static func read(_ response: HTTPResponse) -> BalanceAnswer {
        switch Obstacle.read(response) {
        case .failure(let obstacle): return .stopped(obstacle)
        case .success(let json):
            let named = json["balance_usd"].flatMap { $0.double ?? $0.string.flatMap { Double($0) } }
            let counted = json["balance_microdollars"]?.double.map { $0 / 1_000_000 }
            guard let balance = named ?? counted, balance.isFinite else {
                return .stopped(.tryLater("an answer without a balance", retryAfter: nil))
            }
            return .balance(balance, currency: json["currency"]?.string ?? "USD")
        }
    }
}
