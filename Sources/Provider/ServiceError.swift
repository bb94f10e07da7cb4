internal import JSON

/// The service's own word that something is wrong, in any of the shapes that it uses.
struct ServiceError: Equatable {
    /// Such as 400002; nil where the body has none.
    let code: Int64?
    let message: String?

    /// Nil for a body that is no error: one without any of the keys that the service's errors have.
    init?(_ body: JSON) {
        guard body.object != nil else { return nil }
        let code = body["error_code"].flatMap { $0.integer ?? $0.string.flatMap { Int64($0) } }
        // A body that is well may say so with a zero.
        self.code = code == 0 ? nil : code
        message = ErrorText.read(body)
        if self.code == nil, message == nil { return nil }
    }

    var accountFault: AccountFault? {
        switch code {
        case 400_002: .balance
        case 400_004: .token
        default: nil
        }
    }

    /// The first three digits, which are a HTTP status in all but place.
    var status: Int64? { code.map { $0 >= 1000 ? $0 / 1000 : $0 } }
}
