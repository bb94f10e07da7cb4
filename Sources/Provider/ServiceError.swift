internal import JSON
internal import JobModel

/// The service's own word that something is wrong, in any of the shapes that it uses.
struct ServiceError: Equatable {
    /// Such as 400002; nil where the body has none.
    let code: Int64?
    /// The code within an error that is an object, or the first of a list.
    let innerCode: Int64?
    let message: String?

    /// Nil for a body that is no error: one without any of the keys that the service's errors have.
    init?(_ body: JSON) {
        guard body.object != nil else { return nil }
        let code = body["error_code"].flatMap(Self.number)
        // A body that is well may say so with a zero.
        self.code = code == 0 ? nil : code
        let inner = body["error"].map { $0.array?.first ?? $0 }
        innerCode =
            ["error_code", "errorCode", "code"].lazy.compactMap { inner?[$0].flatMap(Self.number) }.first
        message = ErrorText.read(body)
        if self.code == nil, message == nil { return nil }
        // Kong, which stands before the service, says so in the service's form while it has lost the way to
        // it.
        if self.code == nil, message?.hasPrefix("no Route matched") == true { return nil }
    }

    var accountFault: Pause.Reason? { code.flatMap(Self.accountFault) }

    /// For answers to a submission alone: in a result, the code within an error is the job's.
    var innerAccountFault: Pause.Reason? { innerCode.flatMap(Self.accountFault) }

    private static func accountFault(_ code: Int64) -> Pause.Reason? {
        switch code {
        case 400_002: .balance
        case 400_004: .token
        default: nil
        }
    }

    private static func number(_ value: JSON) -> Int64? {
        value.integer ?? value.string.flatMap { Int64($0) }
    }

    /// The first three digits, which are a HTTP status in all but place.
    var status: Int64? { code.map { $0 >= 1000 ? $0 / 1000 : $0 } }
}
