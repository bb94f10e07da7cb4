internal import JobModel
internal import JobStore

/// Times the store's own operations for bench/store.sh. It is not installed.
@main struct StoreBench {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 4, let count = Int(words[3]) else {
            print("usage: storebench single|bulk|life|claim|send|send-uncounted|list|show DIRECTORY COUNT")
            return
        }
        let directory = StateDirectory(path: words[2], origin: .option)
        if words[1].hasPrefix("send") {
            return try await send(count, directory, counted: words[1] == "send")
        }
        let database = try JobDatabase(directory, .write)
        switch words[1] {
        case "single":
            try report(1) { for index in 0..<count { _ = try database.enqueue(job(index)) } }
        case "bulk":
            try report(1) {
                try database.transaction { for index in 0..<count { _ = try database.insert(job(index)) } }
            }
        case "life": try report(1) { try live(count, database) }
        case "claim":
            // The first claim reads the pages from disk; a daemon claims again and again.
            _ = try claim(database)
            try report(count) { for _ in 0..<count { _ = try claim(database) } }
        case "list":
            _ = try newest(database)
            try report(count) { for _ in 0..<count { _ = try newest(database) } }
        case "show":
            let newest = try newest(database)
            guard let middle = newest.first.map({ $0.id / 2 }) else { return }
            _ = try show(middle, database)
            try report(count) { for step in 0..<count { _ = try show(middle - Int64(step % 50), database) } }
        default: print("unknown measure \(words[1])")
        }
    }

    /// Prints the seconds per step.
    private static func report(_ count: Int, _ body: () throws -> Void) throws {
        let spent = try ContinuousClock().measure(body)
        print(spent / .seconds(1) / Double(count))
    }

    /// The same row as in store.c.
    private static func job(_ index: Int) -> NewJob {
        var job = NewJob(
            model: "vendor/model",
            input: """
                {"prompt":"A lighthouse on a cliff at dusk, oil on canvas, wide brush strokes, \
                number \(index)",\
                "image_url":"https://example.com/pictures/lighthouse.png","seed":\(index)}
                """)
        job.validation = .passed
        return job
    }

    /// Takes jobs from the queue to their end, a hundred at a time. Each step of a hundred is one commit.
    private static func live(_ count: Int, _ database: JobDatabase) throws {
        for start in stride(from: 0, to: count, by: 100) {
            var jobs = try database.transaction {
                try (0..<100).map { try database.insert(job(start + $0)).id }
            }.map { (id: $0, state: JobState.queued) }
            for step in 0..<5 {
                jobs = try database.transaction {
                    try jobs.map { job in
                        let events: [JobEvent] = [
                            .submitting(priceUSD: 0.03), .accepted(requestID: "request-\(job.id)"),
                            .observed(.init(isRunning: true, word: "in_progress")),
                            .succeeded(finishedAt: nil, costUSD: 0.03), .fetched,
                        ]
                        let after = try database.record(events[step], for: job.id, in: job.state)
                        return (job.id, after.state)
                    }
                }
            }
        }
    }

    /// What the dispatcher runs when there is room for ten more jobs.
    private static func claim(_ database: JobDatabase) throws -> [ReadyJob] {
        guard let model = try database.readyModels().first else { return [] }
        return try database.ready(model: model, limit: 10)
    }

    /// What jobd commits before each POST, with and without the counter beside the database.
    private static func send(_ count: Int, _ directory: StateDirectory, counted: Bool) async throws {
        guard let lock = try StateLock(directory, as: "storebench") else { return }
        let store = try JobStore(lock: lock) { try JobDatabase(directory, .write, lock: lock) }
        let ids = try await store.write { database in
            try (0..<count).map { try database.insert(job($0)).id }
        }
        let start = ContinuousClock.now
        for id in ids {
            let claims = try await store.write { database in
                _ = try database.record(.submitting(priceUSD: 0.03), for: id, in: .queued)
                return counted ? try database.countClaim() : nil
            }
            if let claims { try store.noteClaims(claims) }
        }
        print((ContinuousClock.now - start) / .seconds(1) / Double(count))
    }

    private static func newest(_ database: JobDatabase) throws -> [Job] {
        var filter = JobFilter()
        filter.limit = 50
        return try database.jobs(filter)
    }

    private static func show(_ id: Int64, _ database: JobDatabase) throws -> Int {
        let job = try database.find(id)
        return try (job == nil ? 0 : 1) + database.outputs(of: id).count + database.events(of: id).count
    }
}
