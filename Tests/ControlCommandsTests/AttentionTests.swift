import CommandLineTool
import JobModel
import JobStore
import Testing

@testable import ControlCommands

@Suite struct AttentionTests {
    @Test func `everything that needs a person stands in one list, in order of urgency`() {
        var facts = Attention.Facts()
        #expect(Attention(facts, now: Samples.now).items == [])
        facts.counts = [.held: 3]
        #expect(Attention(facts, now: Samples.now).items == [])
        facts.counts = [.queued: 1, .uncertain: 7, .failed: 2]
        (facts.uncertain, facts.failed) = ([9, 8, 7, 6, 5, 4], [11, 10])
        facts.pauses = [Pause(reason: .hand, detail: "lunch", since: Samples.now + .seconds(-120))]
        facts.origin = "https://a.test"
        facts.elsewhere = [("https://b.test", 1, 3)]
        #expect(
            Attention(facts, now: Samples.now).items.map(\.text) == [
                "submissions are paused (by hand, 2 min ago): lunch",
                "jobd is not running, and jobs wait for it",
                "job 3 was bought at https://b.test, but api_url is https://a.test: jobd does not ask about "
                    + "them; nothing is lost",
                "7 uncertain: 9, 8, 7, 6, 5, …; they may have been bought",
                "2 failed in the last 24 hours: 11, 10",
            ])
    }

    @Test(arguments: Trouble.Kind.allCases)
    func `each trouble of jobd says what it keeps jobd from, and what to do`(kind: Trouble.Kind) throws {
        var facts = Attention.Facts()
        facts.daemons.own = StateLock.Holder(name: "jobd", processID: 7)
        facts.daemons.own?.troubles = [
            Trouble(kind: kind, detail: "no room", since: Samples.now + .seconds(-120))
        ]
        let items = Attention(facts, now: Samples.now).items
        #expect(items.map(\.text) == ["\(kind.words) (\(kind.rawValue), 2 min ago): no room"])
        #expect(items[0].hint == facts.daemons.own?.troubles[0].hint && !items[0].hint.isEmpty)
    }

    @Test func `the live view shows the same list`() {
        var snapshot = Samples.snapshot([.uncertain: 1])
        snapshot.facts.uncertain = [1]
        snapshot.facts.daemons.own?.troubles = [
            Trouble(kind: .space, detail: "no room", since: Samples.now + .seconds(-120))
        ]
        let header = WatchHeader(snapshot: snapshot, size: .init(columns: 200, rows: 60))
        let lines = header.lines(.all, []).map(\.plain).filter { $0.hasPrefix("! ") }
        let items = Attention(snapshot.facts, now: snapshot.now).items
        #expect(items.count == 2 && lines == items.map { "! \($0.text)  \($0.hint)" })
    }
}
