internal import JSON
internal import System

/// Everything that the answers depend on.
final class World: Sendable {
    let options: Options
    let seed: UInt64
    let clock = Clock()
    let book: Locked<RequestBook>
    let faults: Locked<FaultBook>
    let statistics = Locked(Statistics())
    let shelf = Locked(FileShelf())
    private let ledger: Ledger?
    /// How many ids have been given out.
    private let numbers: Locked<UInt64>

    init(_ options: Options) throws {
        self.options = options
        seed = options.seed ?? UInt64.random(in: .min ... .max)
        var book = RequestBook(concurrency: options.concurrency, balance: options.balance)
        var known: UInt64 = 0
        if let directory = options.stateDirectory {
            let (ledger, entries) = try Ledger.open(directory: directory)
            for entry in entries { try LedgerEntry(reading: entry).replay(in: &book) }
            known = UInt64(book.requests.count)
            self.ledger = ledger
        } else {
            ledger = nil
        }
        self.book = Locked(book)
        faults = Locked(FaultBook(options.parsedFaults, seed: seed))
        numbers = Locked(known)
    }

    /// Looks at the book as it stands now.
    func read<Result>(_ body: (inout RequestBook, _ now: Double) throws -> Result) rethrows -> Result {
        try book.withLock { book in
            let now = clock.now
            book.advance(to: now)
            return try body(&book, now)
        }
    }

    func record(_ entry: LedgerEntry) throws { try ledger?.append(entry.json) }

    /// Random numbers for the next request; with a seed, the same in each run.
    func nextNumbers() -> SplitMix {
        let number = numbers.withLock { number in
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
