package import HTTP
internal import JSON

/// What the balance endpoint said.
package enum BalanceAnswer: Equatable, Sendable, StoppableAnswer {
    case balance(Double, currency: String)
    case stopped(Obstacle)

    package static func read(_ response: HTTPResponse) -> BalanceAnswer {
        read(response, orLacking: "a balance") { json in
            let dollars = json["balance_usd"].flatMap { $0.double ?? $0.string.flatMap { Double($0) } }
            let microdollars = json["balance_microdollars"]?.double
            guard let balance = dollars ?? microdollars.map({ $0 / 1_000_000 }), balance.isFinite else {
                return nil
            }
            return .balance(balance, currency: json["currency"]?.string ?? "USD")
        }
    }
}
