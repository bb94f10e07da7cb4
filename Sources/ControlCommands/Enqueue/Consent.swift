internal import CommandLineTool
internal import Configuration
internal import JobModel
internal import JobStore
internal import Orders
internal import Startup

/// Asks before an order whose estimate is above the limit in the configuration: the one that this command
/// names, or the running jobd's.
struct Consent {
    private let session: Session
    private let limit: ConfirmationLimit
    /// The value of --max-usd.
    private let most: Double?
    let configuration: Configuration?

    init(_ session: Session, _ store: JobDatabase?) throws {
        self.session = session
        most = try session.arguments.dollars(.maxUSD)
        // A fault in a configuration that this command line names is a fault of the command.
        let isNamed = session.namesConfiguration
        if let told = try session.toldConfiguration(store)?.configuration {
            (configuration, limit) = (told, told.confirmAbove.map(ConfirmationLimit.above) ?? .none)
            return
        }
        guard let file = try? session.daemonConfigurationFile(),
            file.isNeeded || !file.assignments.isEmpty || isNamed
        else {
            (configuration, limit) = (nil, .none)
            return
        }
        do throws(Failure) {
            configuration = try file.read()
            limit = configuration?.confirmAbove.map(ConfirmationLimit.above) ?? .none
        } catch {
            if isNamed { throw error }
            (configuration, limit) = (nil, .unknown(error.message))
        }
    }

    /// Whether it may ask.
    private var mayAsk: Bool {
        if case .none = limit { return false }
        return !session.arguments.has(.yes)
    }

    /// Whether the sum must be known first: it may ask or refuse.
    var needsSum: Bool { mayAsk || most != nil }

    /// Whether the sum is needed: to show it, or to ask.
    var countsPrices: Bool { session.screen.standardErrorIsTerminal || needsSum }

    /// Throws if the order is above --max-usd, or might be.
    func refuse(above estimate: Estimate) throws {
        guard let most, estimate.jobs > 0 else { return }
        if case .unknown(let reason) = limit {
            throw Failure(
                .configuration, "\(reason), so prices are not known, and --max-usd cannot be kept")
        }
        let words = "--max-usd is \(Money.text(most)), and \(estimate.counted) would cost \(estimate.words)"
        if estimate.dollars > most + 1e-9 {
            throw Failure(
                .inputRefused, "nothing was enqueued: \(words)", hint: "order less, or raise --max-usd")
        }
        if estimate.unpriced > 0 {
            throw Failure(
                .inputRefused,
                "nothing was enqueued: --max-usd is \(Money.text(most)), and \(estimate.words)",
                hint: "set models.MODEL.price_usd in the configuration of jobd, or leave --max-usd out")
        }
    }

    /// Throws if the answer is no. Returns whether it asked, and so showed the sum.
    ///
    /// - Parameter always: asks for any sum, because the jobs were not named one by one.
    func ask(to verb: String, _ estimate: Estimate, always: Bool = false) throws -> Bool {
        if session.arguments.has(.yes) || estimate.jobs == 0 { return false }
        let objection = limit.objection(to: estimate)
        if let objection { session.note("note: \(objection.words)") }
        guard always || objection?.asks == true else { return false }
        try session.confirm(
            "\(verb) \(estimate.counted) (\(estimate.words))",
            consequence: ("; nothing was stored", "nothing was enqueued"))
        return true
    }
}
