/// What keeps jobd from a part of its work until a person helps. jobd notices by itself when it is over.
package struct Trouble: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// The store cannot be written.
        case store
        /// The store's log has grown, and another program keeps it from being emptied.
        case log
        /// The disk of the outputs has no space left beyond `min_free`.
        case space
        /// Files cannot be written for another reason.
        case output
        /// The sidecar of a job cannot be written.
        case sidecar
        /// The object storage refuses or does not answer.
        case storage
    }

    package let kind: Kind
    package let detail: String
    package let since: Timestamp

    package init(kind: Kind, detail: String, since: Timestamp) {
        (self.kind, self.detail, self.since) = (kind, detail, since)
    }
}

extension Trouble.Kind {
    /// What it keeps jobd from.
    package var words: String {
        switch self {
        case .store: "jobd can record nothing"
        case .log: "the store grows"
        case .space, .output: "files cannot be fetched"
        case .sidecar: "sidecars cannot be written"
        case .storage: "the object storage cannot be used"
        }
    }
}
