import Glibc
import SQL
import Scratch
import Testing

/// jobctl crashes at each of its points: what it has answered for stands, and nothing is half done.
@Suite(.serialized) struct VerbCrashTests {
    /// Every point in a long run, some of them in a quick one.
    private func points(upTo last: Int, _ seed: inout SeededNumbers) -> [Int] {
        let all = Array(1...last)
        if Effort.isLong { return all }
        // The last are the commit itself.
        return Array(Set(all.shuffled(using: &seed).prefix(5) + all.suffix(4))).sorted()
    }

    private func pointsOfACleanRun(_ ordeal: Ordeal, _ words: [String]) async throws -> Int {
        let trace = ordeal.stage.scratch["trace"]
        let program = try await ordeal.jobctl(words, Orders(trace: trace))
        #expect(try await program.exitCode() == 0, "\(program.errors)")
        return FileOnDisk.content(trace).split(separator: "\n").count
    }

    @Test(arguments: Loss.allCases)
    func `a batch is there wholly or not at all, and for good once it is answered for`(loss: Loss)
        async throws
    {
        let service = Stage()
        var seed = Effort.freshSeed()
        let clean = Ordeal(service)
        let last = try await pointsOfACleanRun(
            clean, ["enqueue", "--batch", clean.batch(0..<3, keyed: true)])
        #expect(last > 50)
        for number in points(upTo: last, &seed) {
            let moment = Orders.Moment.allCases[number % 3]
            let context = "\(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
            let ordeal = Ordeal(service)
            let words = ["enqueue", "--batch", ordeal.batch(0..<3, keyed: true), "-q"]
            let program = try await ordeal.jobctl(words, .crash(number, moment))
            let answered = program.output.split(separator: "\n").count
            loss.strike(ordeal, &seed)
            if answered > 0 { #expect(try ordeal.stage.jobCount() == 3, "\(context)") }
            // Once more, by the same keys: each job is there once.
            let again = try await ordeal.jobctl(words)
            #expect(try await again.exitCode() == 0, "\(again.errors) \(context)")
            // What was answered for now outlives a power cut, whatever the crash before has left.
            ordeal.cutPower()
            #expect(
                try ordeal.stage.texts("SELECT id FROM jobs ORDER BY id") == ["1", "2", "3"], "\(context)")
            #expect(try ordeal.stage.number("SELECT count(*) FROM events") == 3, "\(context)")
            try ordeal.expectSoundStore(context)
        }
        Effort.say("enqueue, \(loss.rawValue): \(last) points, seed \(seed.seed)")
    }

    @Test(arguments: Loss.allCases)
    func `a job is there with the copy of its local file, or not at all`(loss: Loss) async throws {
        let service = Stage()
        var seed = Effort.freshSeed()
        let picture = FileOnDisk.repository + "/Tests/Fixtures/media/still.png"
        let words = ["enqueue", Stage.edit, "prompt=x", "images=\(picture)", "--key", "fox", "-q"]
        let last = try await pointsOfACleanRun(Ordeal(service), words)
        #expect(last > 50)
        for number in points(upTo: last, &seed) {
            let moment = Orders.Moment.allCases[number % 3]
            let context = "\(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
            let ordeal = Ordeal(service)
            let inputs = ordeal.stage.state + "/inputs"
            func expectWholeCopies() {
                for name in FileOnDisk.names(inputs) where !name.hasPrefix(".new-") {
                    #expect(
                        FileOnDisk.bytes(inputs + "/" + name) == FileOnDisk.bytes(picture), "\(context)")
                }
            }
            let isAnswered = try await ordeal.jobctl(words, .crash(number, moment)).output == "1\n"
            loss.strike(ordeal, &seed)
            if isAnswered {
                #expect(try ordeal.stage.jobCount() == 1, "\(context)")
                #expect(FileOnDisk.names(inputs).count == 1, "\(context)")
            }
            expectWholeCopies()
            let again = try await ordeal.jobctl(words)
            #expect(try await again.exitCode() == 0, "\(again.errors) \(context)")
            ordeal.cutPower()
            expectWholeCopies()
            #expect(try ordeal.stage.jobCount() == 1, "\(context)")
            #expect(FileOnDisk.names(inputs).count { !$0.hasPrefix(".new-") } == 1, "\(context)")
            try ordeal.expectSoundStore(context)
        }
        Effort.say("enqueue with a local file, \(loss.rawValue): \(last) points, seed \(seed.seed)")
    }

    /// A verb, and the state that it leads to from the one before.
    static let verbs: [(words: [String], from: String, to: String)] = [
        (["cancel", "1"], "queued", "cancelled"), (["hold", "1"], "queued", "held"),
        (["release", "2"], "held", "queued"), (["retry", "3"], "failed", "queued"),
        (["resolve", "4", "--abandon"], "uncertain", "cancelled"),
        (["resolve", "4", "--resubmit"], "uncertain", "queued"),
        (["resolve", "4", "--adopt", "request-4"], "uncertain", "in_queue"),
        (["cancel", "5"], "in_progress", "in_progress"),
    ]

    @Test(arguments: verbs.indices)
    func `a verb is done or not done`(index: Int) async throws {
        let (words, from, to) = Self.verbs[index]
        let row = """
            SELECT state || ' ' || (cancel_requested_at IS NOT NULL) || ' '
                || (SELECT count(*) FROM events WHERE job_id = jobs.id) FROM jobs WHERE id = \(words[1])
            """
        let marks = words[0] == "cancel" ? 1 : 0
        let events = to == "cancelled" ? 2 : 1
        try await tryAll(
            words, row, before: "\(from) 0 0", after: "\(to) \(marks) \(events)", prepared)
    }

    @Test func `a cancel takes along everything that waits or nothing`() async throws {
        try await tryAll(
            ["cancel", "1"], "SELECT group_concat(DISTINCT state) FROM jobs WHERE id < 7", before: "queued",
            after: "cancelled"
        ) { ordeal in
            try await ordeal.enqueueChain(0)
            return ordeal
        }
    }

    @Test func `a pick lets a job go on or is not there`() async throws {
        let row = """
            SELECT waits_for || ' ' || (SELECT count(picked_at) FROM outputs) || ' '
                || (SELECT count(*) FROM events WHERE kind = 'changed') FROM jobs WHERE id = 5
            """
        try await tryAll(["pick", "1", "2"], row, before: "1 0 0", after: "0 1 1") { ordeal in
            try await ordeal.enqueueChain(0)
            try ordeal.stage.connection().execute(
                """
                INSERT INTO outputs (job_id, position, kind, url) VALUES (1, 1, 'image', 'a'), (1, 2, 'image', 'b');
                UPDATE jobs SET state = 'completed', submissions = 1, request_id = 'request-1',
                    followed_since = created_at, submitted_at = created_at, ended_at = created_at WHERE id = 1;
                """)
            ordeal.disk.takeAsSynced()
            return ordeal
        }
    }

    /// Ends a verb at each of its points: `row` is as before or as after it, and as after it if it answered.
    private func tryAll(
        _ words: [String], _ row: String, before: String, after: String,
        _ prepare: (Ordeal) async throws -> Ordeal
    ) async throws {
        let service = Stage()
        var seed = Effort.freshSeed()
        let last = try await pointsOfACleanRun(try await prepare(Ordeal(service)), words)
        for number in points(upTo: last, &seed) {
            for loss in Effort.isLong ? Loss.allCases : [Loss.allCases[number % 3]] {
                let moment = Orders.Moment.allCases[number / 3 % 3]
                let context = "\(words), \(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
                let ordeal = try await prepare(Ordeal(service))
                let program = try await ordeal.jobctl(words, .crash(number, moment))
                let isAnswered = try await program.exitCode() == 0 || !program.output.isEmpty
                loss.strike(ordeal, &seed)
                let found = try ordeal.stage.text(row)
                #expect(
                    found == after || (!isAnswered && found == before), "\(context): \(found ?? "nothing")")
                try ordeal.expectSoundStore(context)
                try ordeal.expectSoundChains(context)
            }
        }
        Effort.say("\(words.joined(separator: " ")): \(last) points, seed \(seed.seed)")
    }

    @Test(arguments: Loss.allCases)
    func `a restore leaves the old store or the new one with its jobs set aside`(loss: Loss) async throws {
        let service = Stage()
        var seed = Effort.freshSeed()
        let (clean, copy) = try await withCopy(Ordeal(service))
        let last = try await pointsOfACleanRun(clean, ["restore", copy])
        #expect(last > 30)
        for number in points(upTo: last, &seed) {
            let moment = Orders.Moment.allCases[number % 3]
            let context = "restore, \(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
            let (ordeal, copy) = try await withCopy(Ordeal(service))
            let program = try await ordeal.jobctl(["restore", copy], .crash(number, moment))
            loss.strike(ordeal, &seed)
            let states = try ordeal.stage.texts("SELECT state FROM jobs ORDER BY id")
            let (old, new) = (Array(repeating: "queued", count: 5), ["held", "uncertain", "held"])
            #expect(states == new || (program.output.isEmpty && states == old), "\(context): \(states)")
            // Once more: it is there, and nothing of the attempt before is in its way.
            let again = try await ordeal.jobctl(["restore", copy])
            #expect(try await again.exitCode() == 0, "\(again.errors) \(context)")
            let left = FileOnDisk.names(ordeal.stage.state).filter { $0.hasPrefix("restoring") }
            #expect(left == [], "\(context)")
            ordeal.cutPower()
            #expect(try ordeal.stage.texts("SELECT state FROM jobs ORDER BY id") == new, "\(context)")
            #expect(try ordeal.stage.texts("PRAGMA integrity_check") == ["ok"], "\(context)")
        }
        Effort.say("restore, \(loss.rawValue): \(last) points, seed \(seed.seed)")
    }

    /// Five queued jobs, and a copy in which there are three, one of them on the wire.
    private func withCopy(_ ordeal: Ordeal) async throws -> (Ordeal, copy: String) {
        try await ordeal.enqueue(0..<3)
        let copy = ordeal.stage.scratch["copy.db"]
        let backup = try await ordeal.jobctl(["backup", copy])
        #expect(try await backup.exitCode() == 0)
        #expect(
            Program.sqlite3(
                copy, "UPDATE jobs SET state = 'submitting', submitted_at = created_at WHERE id = 2"
            ).code == 0)
        try await ordeal.enqueue(3..<5)
        ordeal.disk.takeAsSynced()
        return (ordeal, copy)
    }

    /// Jobs in the states that the verbs want.
    private func prepared(_ ordeal: Ordeal) async throws -> Ordeal {
        try await ordeal.enqueue(0..<5)
        try ordeal.stage.connection().execute(
            """
            UPDATE jobs SET state = 'held' WHERE id = 2;
            UPDATE jobs SET state = 'failed', error_kind = 'remote', error_message = 'x', submissions = 1,
                request_id = 'request-3', followed_since = created_at, submitted_at = created_at,
                ended_at = created_at WHERE id = 3;
            UPDATE jobs SET state = 'uncertain', submissions = 1, submitted_at = created_at WHERE id = 4;
            UPDATE jobs SET state = 'in_progress', submissions = 1, request_id = 'request-5',
                followed_since = created_at, submitted_at = created_at WHERE id = 5;
            DROP TRIGGER events_delete_guard;
            DELETE FROM events;
            """)
        // The preparation was made past the layer: it is on the disk now.
        ordeal.disk.takeAsSynced()
        return ordeal
    }
}
