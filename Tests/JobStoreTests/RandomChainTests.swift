import JSON
import JobModel
import Scratch
import Testing

@testable import JobStore

/// Seeded lives of jobs that are made from the outputs of others. After each step, what a job waits for is
/// counted again, by rules written here a second time.
@Suite struct RandomChainTests {
    @Test(arguments: UInt64(1)...5)
    func `whatever happens to sources a job waits for what is missing and for nothing else`(seed: UInt64)
        throws
    {
        var lives = try Lives(seed)
        try lives.database.transaction {
            for _ in 0..<1000 { try lives.step() }
        }
        // The walk reaches what it is about.
        #expect(lives.sent > 0 && lives.cascades > 0 && lives.picks > 5, "\(lives)")
    }
}

private struct Lives: CustomStringConvertible {
    private var numbers: SeededNumbers
    private let store = ScratchStore()
    let database: JobDatabase
    private var ids: [Int64] = []
    private var steps = 0
    /// How many jobs with references were sent, were cancelled with a source, and how often something was
    /// picked.
    private(set) var sent = 0
    private(set) var cascades = 0
    private(set) var picks = 0

    var description: String { "\(sent) sent, \(cascades) cascades, \(picks) picks" }

    init(_ seed: UInt64) throws {
        numbers = SeededNumbers(seed)
        database = try store.open()
    }

    mutating func step() throws {
        steps += 1
        if ids.count < 5 || numbers.chance(0.06) { try enqueue() }
        let job = try #require(try database.find(recent.randomElement(using: &numbers) ?? 1))
        switch Int.random(in: 0..<20, using: &numbers) {
        case 0...1: try pick(job)
        case 2...4: try steer(job)
        default: try drive(job)
        }
        for id in recent { try judge(try #require(try database.find(id))) }
    }

    /// Older jobs are left as they are.
    private var recent: ArraySlice<Int64> { ids.suffix(12) }

    // MARK: - What can happen

    private mutating func enqueue() throws {
        var images: [String] = []
        var input = JSON.object(["text": "fox"])
        let sources = try recent.filter { id in
            let state = try database.find(id)?.state
            return state != .failed && state != .cancelled
        }
        for _ in 0..<([0, 0, 1, 1, 1, 2, 3].randomElement(using: &numbers) ?? 0) {
            guard let source = sources.randomElement(using: &numbers) else { break }
            images.append(try reference(to: source))
        }
        if !images.isEmpty {
            input = .object([
                "image": .string(images[0]), "images": .array(images.dropFirst().map(JSON.string)),
            ])
        }
        var new = NewJob(model: "m", input: input.text)
        new.isHeld = numbers.chance(0.1)
        ids.append(try database.insert(new).id)
    }

    /// To an output that is there, or may be once.
    private mutating func reference(to source: Int64) throws -> String {
        let made = try database.outputs(of: source).count
        let isDone = try database.find(source)?.state == .completed
        let part = ["/1", "/2", "/all", "/pick"].randomElement(using: &numbers) ?? "/all"
        return "job:\(source)" + (isDone && part == "/2" && made < 2 || part == "/1" ? "" : part)
    }

    private mutating func pick(_ job: Job) throws {
        let made = try database.outputs(of: job.id).map(\.position)
        if made.isEmpty { return }
        let share = Double.random(in: 0...1, using: &numbers)
        var chosen: [Int64] = []
        for position in made where numbers.chance(share) { chosen.append(position) }
        try database.pick(chosen, of: job.id, by: "test")
        picks += 1
    }

    private mutating func steer(_ job: Job) throws {
        let verbs: [Verb] = [
            .cancel, .hold, .release, .release, .retry(resubmit: false), .retry(resubmit: true),
            .resolve(.resubmit), .resolve(.abandon), .resolve(.adopt(requestID: "adopted-\(steps)")),
        ]
        guard let verb = verbs.randomElement(using: &numbers) else { return }
        let waiting = try dependents(of: [job.id])
        guard case .done(_, let cancelled) = try database.steer(job.id, verb) else { return }
        #expect(cancelled == (verb.cancels ? waiting : []), "\(verb) of \(job.id)")
        if !cancelled.isEmpty { cascades += 1 }
        for id in cancelled { #expect(try database.find(id)?.state == .cancelled) }
    }

    /// What jobd does: a step of a job's life.
    private mutating func drive(_ job: Job) throws {
        if job.state == .queued { return try send(job) }
        let kind = [FailureKind.remote, .output, .lost, .deadline].randomElement(using: &numbers) ?? .remote
        let way: [JobEvent] = [
            .accepted(requestID: "r-\(steps)"), .succeeded(finishedAt: nil, costUSD: 0.25), .fetched,
        ]
        let others: [JobEvent] = [
            .notBought(reason: "503", tryAgainAt: nil), .refused(message: "no"), .daemonRestarted,
            .observed(.init(isRunning: true, word: "in_progress")), .cancelledRemotely(),
            .failed(JobFailure(kind, "why")), .failed(JobFailure(.download, "why")), .refetched,
        ]
        // Most get on, as nothing can be made of the others.
        let possible = (numbers.chance(0.7) ? way.reversed() : others).filter { job.state(after: $0) != nil }
        guard let event = numbers.chance(0.7) ? possible.first : possible.randomElement(using: &numbers)
        else { return }
        if event == .refetched, numbers.chance(0.8) { return }
        var outputs: [(kind: Output.Kind, url: String)] = []
        if case .succeeded = event {
            outputs = (1...Int.random(in: 1...3, using: &numbers)).map {
                (.image, "https://x.test/\(job.id)/\($0)")
            }
        }
        if event == .fetched { try database.finishOutputs(of: job.id) }
        _ = try database.transaction {
            try database.record(event, for: job.id, in: job.state, outputs: outputs)
        }
    }

    /// Sends a job as the claim does, if the store says that it may be sent.
    private mutating func send(_ job: Job) throws {
        guard try database.ready(id: job.id) != nil else { return }
        var links = try database.links(of: job.id)
        for index in links.indices {
            #expect(try database.find(links[index].sourceID)?.state == .completed)
            let made = try database.outputs(of: links[index].sourceID)
            links[index].sent = made.filter { Self.includes($0, links[index].part) }.map(\.position)
            #expect(!links[index].sent.isEmpty)
        }
        let submitted = try database.record(.submitting(priceUSD: 0.5), for: job.id, in: .queued)
        try database.resolve(links, at: try #require(submitted.submittedAt))
        if !links.isEmpty { sent += 1 }
    }

    // MARK: - The rules, once more

    private static func includes(_ output: Output, _ part: Reference.Part) -> Bool {
        switch part {
        case .position(let number): output.position == number
        case .all: true
        case .pick: output.pickedAt != nil
        }
    }

    private func isMissing(_ link: Link) throws -> Bool {
        guard try database.find(link.sourceID)?.state == .completed else { return true }
        let chosen = try database.outputs(of: link.sourceID).count { Self.includes($0, link.part) }
        return link.part == .pick && !link.path.hasSuffix("]") ? chosen != 1 : chosen == 0
    }

    /// The jobs that wait for one of these, and those that wait for them.
    private func dependents(of sources: Set<Int64>) throws -> [Int64] {
        var known = sources
        // A source is always older, so one pass is enough.
        for id in ids where !known.contains(id) {
            let state = try database.find(id)?.state
            guard state == .held || state == .queued else { continue }
            if try database.links(of: id).contains(where: {
                $0.resolvedAt == nil && known.contains($0.sourceID)
            }) {
                known.insert(id)
            }
        }
        return known.subtracting(sources).sorted()
    }

    private func judge(_ job: Job) throws {
        if job.state.hasEnded { return }
        let open = try database.links(of: job.id).filter { $0.resolvedAt == nil }
        let missing = try open.filter(isMissing)
        #expect(job.waitsFor == missing.count, "job \(job.id), \(job.state), step \(steps)")
        #expect(try database.missing(of: job.id) == missing)
        let mayBeSent = job.state == .queued && job.nextTryAt == nil && missing.isEmpty
        #expect(try (database.ready(id: job.id) != nil) == mayBeSent)
        guard job.state == .held || job.state == .queued else {
            #expect(open.isEmpty, "job \(job.id) was sent, and waits")
            return
        }
        // Who would wait for ever was cancelled.
        let inVain = try missing.filter { link in
            guard case .position = link.part else { return false }
            return try database.find(link.sourceID)?.state == .completed
        }
        #expect(inVain.isEmpty, "job \(job.id) waits in vain, step \(steps)")
    }
}
