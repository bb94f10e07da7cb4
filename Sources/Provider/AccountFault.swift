/// What is wrong with the account, and so with every job's submission.
package enum AccountFault: Equatable, Sendable {
    /// Missing, expired or revoked, or not allowed to do this.
    case token
    /// No balance left.
    case balance
}
