internal import CommandLineTool
internal import Configuration
internal import JobStore
internal import Startup

/// Asks before jobs are bought whose estimate is above what the configuration lets pass.
struct Consent {
    private enum Limit {
        case none
        case above(Double)
        /// The configuration is there, and cannot be read.
        case unknown(Failure)
    }

    private let session: Session
    private let limit: Limit
    let prices: PriceList

    init(_ session: Session, _ store: JobDatabase?) throws {
        self.session = session
        let read = Self.configuration(session)
        if case .failure(let failure) = read, Self.isNamed(session) { throw failure }
        let configuration = try? read.get()
        prices = PriceList(session, store, configuration)
        limit =
            switch read {
            case .success(let configuration): configuration?.confirmAbove.map(Limit.above) ?? .none
            case .failure(let failure): .unknown(failure)
            }
    }

    /// On this command line: then a fault in it is this command's.
    private static func isNamed(_ session: Session) -> Bool {
        session.arguments.has(.config) || session.arguments.has(.set)
    }

    private static func configuration(_ session: Session) -> Result<Configuration?, Failure> {
        guard let file = try? session.configurationFile() else { return .success(nil) }
        guard file.isNeeded || isNamed(session) else { return .success(nil) }
        do throws(Failure) { return .success(try file.read()) } catch { return .failure(error) }
    }

    /// Whether there can be a question, so that the sum must be known first.
    var mayAsk: Bool {
        if case .none = limit { return false }
        return !session.arguments.has(.yes)
    }

    /// Whether a person or the configuration wants to know the sum.
    var countsPrices: Bool { session.screen.talkIsTerminal || mayAsk }

    /// Throws where the answer is no; answers whether there was a question, so that the sum was shown.
    ///
    /// - Parameter always: asks whatever the sum, as the jobs were not named one by one.
    func ask(to verb: String, _ estimate: Estimate, always: Bool = false) throws -> Bool {
        if session.arguments.has(.yes) || estimate.jobs == 0 { return false }
        let reason = reason(estimate)
        guard always || reason != nil else { return false }
        let what = "\(verb) \(estimate.counted) (\(estimate.words))"
        if let reason { session.note("note: \(reason)") }
        guard let answer = session.screen.confirm(what + "?") else {
            throw Failure.usage(
                "this would \(what); nothing was stored", hint: "add --yes, or look first with --dry-run")
        }
        guard answer else { throw Failure(.no, "nothing was enqueued") }
        return true
    }

    private func reason(_ estimate: Estimate) -> String? {
        switch limit {
        case .none: return nil
        case .above(let limit):
            let words = "confirm_above_usd is \(Price.text(limit))"
            if estimate.dollars > limit + 1e-9 { return words }
            return estimate.unpriced > 0
                ? words + ", and models.MODEL.price_usd is not set for what has no known price" : nil
        case .unknown(let failure):
            // One job at a time is no slip of a finger, and what is enqueued must not hang on jobd's file.
            let words = "\(failure.message); so it is not known which sum is to be asked for"
            if estimate.jobs > 1 { return words }
            session.note("note: \(words)")
            return nil
        }
    }
}
