import Testing

@testable import ProviderSimulator

@Suite struct RequestBookTests {
    private func request(_ id: String, at time: Double, queue: Double = 1, run: Double = 10) -> Request {
        Request(
            id: id, model: "a/b", input: "{}", price: 1, acceptedAt: time, queueSeconds: queue,
            runSeconds: run)
    }

    @Test func `no more run at once than there are places`() {
        var book = RequestBook(concurrency: 2, balance: nil)
        for number in 0..<5 { book.accept(request("\(number)", at: 0)) }
        book.advance(to: 5)
        #expect(book.requests.map(\.phase) == [.inProgress, .inProgress, .inQueue, .inQueue, .inQueue])
        #expect((0..<5).map { book.queuePosition(of: "\($0)") } == [nil, nil, 0, 1, 2])
        book.advance(to: 1000)
        // Whoever comes free at second 11 starts the next at once, however late somebody looks.
        #expect(book.requests.map(\.endedAt) == [11, 11, 21, 21, 31])
    }

    @Test func `a cancel moves the line and gives the money back`() {
        var book = RequestBook(concurrency: 1, balance: 3)
        for number in 0..<3 {
            let isPaid = book.charge(1)
            #expect(isPaid)
            book.accept(request("\(number)", at: 0))
        }
        let isPaid = book.charge(1)
        #expect(!isPaid)
        book.advance(to: 2)
        let outcomes = ["0", "1", "1"].map { book.cancel($0, at: 2) }
        #expect(outcomes == [false, true, true])
        #expect(book.balance == 1)
        #expect(book.queuePosition(of: "2") == 0)
        book.advance(to: 100)
        #expect(book.requests.map(\.phase) == [.ended, .cancelled, .ended])
        #expect(book.requests[2].endedAt == 21)
    }

    @Test(arguments: [0, 3])
    func `requests wait and run as long as they should in whatever order they come`(concurrency: Int) {
        var random = SplitMix(seed: 5)
        var book = RequestBook(concurrency: concurrency, balance: nil)
        for step in 0..<2000 {
            let time = Double(step)
            book.advance(to: time)
            let waiting = book.requests.filter { $0.phase == .inQueue }
            if random.next() % 3 != 0 || waiting.isEmpty {
                let (queue, run) = (Double(random.next() % 100), Double(random.next() % 100))
                book.accept(request("\(book.requests.count)", at: time, queue: queue, run: run))
            } else {
                let isCancelled = book.cancel(
                    waiting[Int(random.next() % UInt64(waiting.count))].id, at: time)
                #expect(isCancelled)
            }
            let place = Int(random.next() % UInt64(book.requests.count))
            let isWaiting = book.requests[place].phase == .inQueue
            #expect(
                book.queuePosition(of: "\(place)")
                    == (isWaiting ? book.requests[..<place].count { $0.phase == .inQueue } : nil))
            let running = book.requests.count { $0.phase == .inProgress }
            #expect(book.running == running && (concurrency == 0 || running <= concurrency))
        }
        book.advance(to: 1e9)
        #expect(book.running == 0)
        for request in book.requests where request.phase != .cancelled {
            let earliest = request.acceptedAt + request.queueSeconds + request.runSeconds
            #expect(request.phase == .ended)
            #expect(concurrency == 0 ? request.endedAt == earliest : request.endedAt ?? 0 >= earliest)
        }
        // Whoever is ready first starts first; of several, whoever came first.
        let starts = book.requests.enumerated().filter { $0.element.phase == .ended }
            .sorted {
                ($0.element.acceptedAt + $0.element.queueSeconds, $0.offset)
                    < ($1.element.acceptedAt + $1.element.queueSeconds, $1.offset)
            }
            .map { ($0.element.endedAt ?? 0) - $0.element.runSeconds }
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 + 1e-6 })
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000000+00:00"),
        (951_782_400.25, "2000-02-29T00:00:00.250000+00:00"),
        (1_767_323_045.5, "2026-01-02T03:04:05.500000+00:00"),
        (4_107_542_399.0, "2100-02-28T23:59:59.000000+00:00"),
    ])
    func `times are spelled right`(seconds: Double, iso: String) {
        #expect(UTCTime(seconds).iso() == iso)
        #expect(UTCTime(seconds).iso(digits: 0).count == 25)
    }
}
