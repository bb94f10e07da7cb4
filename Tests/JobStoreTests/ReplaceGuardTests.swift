import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

/// SQLite's `OR REPLACE` deletes the row in its way and fires no trigger for it: it must not delete a job.
@Suite struct ReplaceGuardTests {
    private let store = ScratchStore()

    private static let hasKey = perEngine("has this key", postgresql: "jobs_key")
    private static let hasRequest = perEngine("has this request", postgresql: "jobs_request")

    @Test(arguments: [
        ("key = 'k' WHERE id = 2", hasKey), ("key = 'k', label = 'x' WHERE id = 2", hasKey),
        ("key = 'k'", hasKey), ("request_id = 'r', followed_since = created_at", hasRequest),
        ("id = 1 WHERE id = 2", "keeps its id"), ("id = id + 1", "keeps its id"),
        ("\(perEngine("rowid", postgresql: "id")) = 1", "keeps its id"),
    ])
    func `an update takes no other's place`(change: String, words: String) throws {
        let database = try store.open()
        let paid = try database.job(key: "k", .submitting(priceUSD: 1), .accepted(requestID: "r"))
        let other = try database.job(.submitting(priceUSD: 1), .accepted(requestID: "s"))
        for verb in perEngine(["UPDATE", "UPDATE OR REPLACE", "UPDATE OR ROLLBACK"], postgresql: ["UPDATE"]) {
            let said = store.shell("\(verb) jobs SET \(change)")
            #expect(said.code != 0 && said.errors.contains(words), "\(verb) \(change): \(said)")
        }
        #expect(try database.find(paid.id) == paid)
        #expect(try database.find(other.id) == other)
    }

    @Test func `a job that lives again takes no key`() throws {
        let database = try store.open()
        let ended = try database.job(key: "k", .cancelRequested)
        let holder = try database.job(key: "k")
        let verb = perEngine("UPDATE OR REPLACE", postgresql: "UPDATE")
        let said = store.shell(
            "\(verb) jobs SET state = 'queued', ended_at = NULL WHERE id = \(ended.id)")
        #expect(said.code != 0 && said.errors.contains(Self.hasKey), "\(said)")
        #expect(try database.find(holder.id) == holder)
        // What takes nothing of another's goes.
        for change in ["key = 'k' WHERE id = 2", "key = NULL WHERE id = 2", "state = 'held' WHERE id = 2"] {
            #expect(store.shell("\(verb) jobs SET \(change)").code == 0)
        }
        #expect(store.shell("UPDATE jobs SET key = 'k' WHERE id = 1").code == 0)
    }

    @Test func `an event's id is not chosen`() throws {
        let database = try store.open()
        let job = try database.job()
        for id in ["1", "5", "9223372036854775807"] {
            for verb in perEngine(["INSERT", "INSERT OR REPLACE"], postgresql: ["INSERT"]) {
                let said = store.shell(
                    "\(verb) INTO events (id, job_id, kind) VALUES (\(id), \(job.id), 'held')")
                #expect(said.code != 0 && said.errors.contains("not to be chosen"), "\(verb) \(id)")
            }
        }
        #expect(try database.events(of: job.id).map(\.kind) == [.enqueued])
        _ = try database.transaction { try database.record(.held, for: job.id, in: .queued) }
        #expect(try database.events(of: job.id).map(\.kind) == [.enqueued, .held])
    }
}
