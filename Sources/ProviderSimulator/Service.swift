internal import JSON
internal import System

/// The simulated service: its state here, its answers in the extensions.
final class Service: Sendable {
    let options: Options
    let clock = Clock()
    let faults: Locked<FaultBook>
    let statistics = Locked(Statistics())
    let files = Locked(FileCache())
    let addresses: Locked<OutputAddresses>
    let fetcher: InputFetcher?
    private let seed: UInt64
    private let book: Locked<RequestBook>
    private let ledger: Ledger?
    private let lastNumber: Locked<UInt64>

    init(_ options: Options) throws {
        self.options = options
        seed = options.seed ?? UInt64.random(in: .min ... .max)
        var book = RequestBook(concurrency: options.concurrency, balance: options.balance)
        if let directory = options.stateDirectory {
            let (ledger, entries) = try Ledger.open(directory: directory)
            for entry in entries { try LedgerEntry(reading: entry).replay(in: &book) }
            self.ledger = ledger
        } else {
            ledger = nil
        }
        lastNumber = Locked(UInt64(book.requests.count))
        addresses = Locked(OutputAddresses(lifetime: options.outputSeconds))
        fetcher = options.fetchesInputs ? try InputFetcher() : nil
        // What another life of the simulator has accepted and not fetched.
        for request in book.requests where request.awaitsInputs {
            if let fetcher { fetcher.add(request) } else { book.note([], of: request.id, at: clock.now) }
        }
        self.book = Locked(book)
        faults = Locked(FaultBook(options.faults, seed: seed))
    }

    /// Gives access to the requests as they are now.
    func withBook<Result>(
        _ body: (inout RequestBook, _ now: Double) throws -> Result
    ) rethrows -> Result {
        try book.withLock { book in
            let now = clock.now
            book.advance(to: now)
            return try body(&book, now)
        }
    }

    func record(_ entry: LedgerEntry) throws { try ledger?.append(entry.json) }

    /// The ledger first: what was fetched may be gone after a restart.
    func note(_ inputs: [FetchedInput], of id: String) {
        withBook { book, now in
            try? record(.fetched(inputs, id: id, at: now))
            book.note(inputs, of: id, at: now)
        }
    }

    /// Random numbers for the next request; with a seed, the same in each run.
    func nextNumbers() -> SplitMix {
        let number = lastNumber.withLock { number in
            number += 1
            return number
        }
        var first = SplitMix(seed: seed &+ number &* 0xD1B5_4A32_D192_ED03)
        return SplitMix(seed: first.next())
    }

    func count(_ call: FaultCall) { statistics.withLock { $0.calls[call, default: 0] += 1 } }

    func strike(_ call: FaultCall, of request: Request?) -> [Fault] {
        faults.withLock { $0.strike(call, model: request?.model, own: request?.faults ?? []) }
    }

    func plan(of request: Request) -> OutputPlan {
        OutputPlan(
            model: request.model, input: (try? JSON(parsing: request.input)) ?? .null, requestID: request.id,
            imageWidth: options.imageWidth)
    }
}

/// Which addresses of outputs are served. An address may say when it was named.
struct OutputAddresses {
    /// In seconds; nil is for ever.
    let lifetime: Double?
    private var expired: Int64 = 0

    init(lifetime: Double?) { self.lifetime = lifetime }

    /// All that were named so far are served no more.
    mutating func expire(at now: Double) { expired = Self.microseconds(now) }

    /// The part of an address that says when it was named; empty as long as no address expires.
    func mark(at now: Double) -> String {
        lifetime == nil && expired == 0 ? "" : "\(Self.microseconds(now))/"
    }

    func isServed(_ mark: String?, at now: Double) -> Bool {
        let named = mark.flatMap { Int64($0) } ?? 0
        return (expired == 0 || named > expired)
            && lifetime.map { Self.microseconds(now) - named <= Self.microseconds($0) } ?? true
    }

    private static func microseconds(_ seconds: Double) -> Int64 { Int64(min(seconds, 1e12) * 1e6) }
}

/// What was asked for, since the start.
struct Statistics {
    var calls: [FaultCall: Int] = [:]
    var accepted = 0
    var downloads = 0
    var bytes = 0
    var connections = 0
    /// Downloads that came with a token. Clients must not send it there.
    var tokensAtFiles = 0

    var members: JSONObject {
        var counts: JSONObject = [:]
        for call in FaultCall.allCases where call != .token && call != .job {
            counts[call.rawValue] = .integer(calls[call] ?? 0)
        }
        return [
            "calls": .object(counts), "accepted": .integer(accepted), "downloads": .integer(downloads),
            "bytes": .integer(bytes), "connections": .integer(connections),
            "tokens_at_files": .integer(tokensAtFiles),
        ]
    }
}
