internal import JSON

/// `GET /prod/v2/balance`.
struct BalanceHandler {
    /// What an account without an end has, so that there is a number to show.
    private static let plenty = 1000.0

    let world: World

    func answer() -> Answer {
        world.count(.balance)
        return FaultyAnswer.apply(world.strike(.balance, of: nil), to: body)
    }

    func body() -> Answer {
        let money = world.read { book, _ in book.balance ?? Self.plenty }
        let microdollars = Int((money * 1e6).rounded())
        return .json(
            .object([
                "balance_usd": .double(Double(microdollars) / 1e6),
                "balance_microdollars": .integer(microdollars),
                "currency": .string("USD"),
            ]))
    }
}
