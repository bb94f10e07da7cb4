internal import JSON
internal import JobModel

/// An error that the service itself reports, in any of the forms that it uses.
struct ServiceError: Equatable {
    /// Such as 400002; nil if the body has none.
    let code: Int64?
    /// The code within an error that is an object, or the first of a list.
    let innerCode: Int64?
    let message: String?

    /// Nil for a body without any of the keys that the service's errors have.
    init?(_ body: JSON) {
        guard body.object != nil else { return nil }
        let code = body["error_code"].flatMap(Self.number)
        // Zero means that nothing is wrong.
        self.code = code == 0 ? nil : code
        let inner = body["error"].map { $0.array?.first ?? $0 }
        innerCode =
            ["error_code", "errorCode", "code"].lazy.compactMap { inner?[$0].flatMap(Self.number) }.first
        message = ErrorText.read(body)
        if self.code == nil, message == nil { return nil }
        // Kong, the gateway in front of the service, says this in the service's form if it cannot reach it.
        if self.code == nil, message?.hasPrefix("no Route matched") == true { return nil }
    }

    var accountFault: Pause.Reason? { code.flatMap(Self.accountFault) }

    /// Only for answers to a submission: in a result, the code within an error is the job's.
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

    /// The first three digits, which mean what the same HTTP status means.
    var status: Int64? { code.map { $0 >= 1000 ? $0 / 1000 : $0 } }
}
