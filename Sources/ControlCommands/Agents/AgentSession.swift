internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

/// What the tools of an agent work with: the verbs, and what the agent may do.
final class AgentSession {
    let call: VerbCall
    let bounds: OrderBounds
    let isReadOnly: Bool
    /// Whether an order above `confirm_above_usd` is placed without a person's word.
    let isAgreed: Bool
    private let session: Session

    init(_ session: Session) throws {
        self.session = session
        call = VerbCall(session)
        isReadOnly = session.arguments.has(.readOnly)
        isAgreed = session.arguments.has(.yes)
        let most = try session.arguments.dollars(.maxUSD)
        bounds = OrderBounds(label: session.arguments.value(.label), most: most)
    }

    /// The store; nil if there is none yet.
    func store() throws -> JobDatabase? {
        try call.session(ListVerb.self, [], record: ScreenRecord()).storeIfAny()
    }

    /// The store and a job in it.
    func job(_ id: Int64) throws -> (Job, JobDatabase) {
        guard let store = try store() else { throw Failure.noJob(id) }
        return (try store.job(id), store)
    }

    func file(of output: Output, _ store: JobDatabase) -> String? {
        OutputPlaces(store.directory).path(of: output)
    }

    /// What was ordered and what is left, for the answer to an order.
    func accounts() throws -> JSONObject {
        let ordered = try store().map { try bounds.ordered(in: $0) } ?? 0
        return [
            "ordered_usd": .double(Money.rounded(ordered)),
            "left_usd": .optional(bounds.most.map { Money.rounded(max(0, $0 - ordered)) }),
        ]
    }
}
