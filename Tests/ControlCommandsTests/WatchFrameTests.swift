import CommandLineTool
import JobModel
import JobStore
import Testing

@testable import ControlCommands

@Suite struct WatchFrameTests {
    private func lines(
        _ snapshot: WatchSnapshot, _ facts: [Int64: WatchFacts], columns: Int = 80, rows: Int = 24,
        state: WatchState = WatchState()
    ) -> [String] {
        var state = state
        let frame = WatchFrame(snapshot, state, TerminalSize(columns: columns, rows: rows))
        state.settle(frame.list, height: frame.height)
        return frame.lines(state, facts).map { line in
            String(line.plain.reversed().drop { $0 == " " }.reversed())
        }
    }

    @Test func `a picture of everything, line by line`() {
        var snapshot = Samples.snapshot([
            .downloading: 1, .inProgress: 1, .inQueue: 1, .queued: 1, .failed: 1,
        ])
        snapshot.facts.pauses = [Pause(reason: .hand, detail: "lunch", since: Samples.now + .seconds(-120))]
        snapshot.rates = WatchRates(completed: 3.25, sent: 12, bytesASecond: 4_200_000)
        snapshot.expected = ["vendor/model": .seconds(24)]
        var facts = Samples.facts(of: snapshot)
        facts[1] = Samples.facts(
            Samples.job(1, .downloading), outputs: [Samples.file(1, 1, fetched: 12_500_000, of: 40_000_000)])
        var waits = Samples.job(3, .inQueue)
        waits.queuePosition = 5
        facts[3] = Samples.facts(waits)
        var failed = Samples.job(5, .failed)
        (failed.failureKind, failed.message) = (.remote, "no GPU")
        facts[5] = Samples.facts(failed)
        let clock = TimeText.local(Samples.now.milliseconds).suffix(8)
        #expect(
            lines(snapshot, facts, rows: 19) == [
                "jobd      running (pid 7), /var/lib/jobd                                \(clock)",
                "now       1 queued, 1 in_queue, 1 in_progress, 1 downloading",
                "last hour 1 failed",
                "a minute  3.3 completed, 12 sent; downloads 4.2 MB/s",
                "! submissions are paused (by hand, 2 min ago): lunch  jobctl resume",
                "",
                "[1 all] 2 running  3 waiting  4 attention  5 ended",
                "  ID  STATE        TIME                      MODEL         PROMPT",
                ">  1  downloading  ━━───── 12.5 MB of 40 MB  vendor/model  a red fox",
                "   2  in_progress  ━━━━───── 0:12 of ~0:24   vendor/model  a red fox",
                "   3  in_queue     0:12 of ~0:24, no. 5      vendor/model  a red fox",
                "   4  queued       waiting 1 min             vendor/model  a red fox",
                "", "", "", "",
                "  ended last",
                "   5  failed       remote, 3 s ago           vendor/model  no GPU",
                "? help  / filter  Enter details  c cancel  r retry  h hold  p pause  q quit",
            ])
    }

    @Test func `what does not fit into the column of times is left out, not cut`() {
        var snapshot = Samples.snapshot([.downloading: 1, .inProgress: 1, .inQueue: 1, .completed: 1])
        snapshot.expected = ["vendor/model": .seconds(5400)]
        var facts = Samples.facts(of: snapshot)
        let files = (1...1200).map { Samples.file(1, $0, fetched: 80_500_000, of: 340_200_000) }
        facts[1] = Samples.facts(Samples.job(1, .downloading), outputs: files)
        facts[2] = Samples.facts(Samples.job(2, .inProgress, seconds: 3723))
        var waits = Samples.job(3, .inQueue, seconds: 3723)
        waits.queuePosition = 1234
        facts[3] = Samples.facts(waits)
        let narrow = lines(snapshot, facts).filter { $0.contains("model") }
        #expect(
            narrow.prefix(3).map { $0.dropFirst(19).prefix(24) } == [
                "━───── 96.6 GB of 408 GB", "1:02:03 of ~1:30:00     ", "1:02:03, no. 1,234      ",
            ])
        let rows = lines(snapshot, facts, columns: 34).filter { $0.contains("  in_") }
        #expect(rows.allSatisfy { $0.hasSuffix("1:02:03") }, "\(rows)")
    }

    @Test func `nothing to show is said`() {
        #expect(lines(Samples.snapshot([:]), [:]).contains("  no jobs"))
        var narrowed = Samples.snapshot([:])
        narrowed.isNarrowed = true
        #expect(lines(narrowed, [:]).contains("  no job matches"))
    }

    @Test func `without jobd, and with jobs that wait for it, that is said on any screen`() {
        var snapshot = Samples.snapshot([.queued: 3])
        snapshot.facts.daemons.own = nil
        for rows in [24, 12, 8] {
            #expect(
                lines(snapshot, Samples.facts(of: snapshot), rows: rows).contains {
                    $0.contains("jobd is not running")
                })
        }
        #expect(
            lines(snapshot, Samples.facts(of: snapshot), columns: 20, rows: 5).first == "no jobd, 3 queued")
    }

    /// Every size, with words that are wide, combine, steer or are long.
    @Test(arguments: [
        "猫と犬", "👩‍👩‍👧🇩🇪👍🏽", "\u{1B}[2J\u{9B}31m\u{202E}txt\r\n", String(repeating: "e\u{301}", count: 300), "",
    ])
    func `a picture fits its terminal, whatever it shows`(words: String) {
        var snapshot = Samples.snapshot([
            .inProgress: 7, .uncertain: 1, .queued: 40, .failed: 3, .completed: 9,
        ])
        snapshot.directory = "/" + words
        snapshot.facts.pauses = Pause.Reason.allCases.map {
            Pause(reason: $0, detail: words, since: Samples.now)
        }
        var facts = Samples.facts(of: snapshot, prompt: words)
        for (id, known) in facts {
            var job = known.job
            (job.label, job.message) = (words, words)
            facts[id] = Samples.facts(job, prompt: words)
        }
        var state = WatchState()
        state.message = .init(text: words, isRefusal: true)
        for columns in [1, 2, 7, 20, 39, 40, 57, 58, 80, 109, 110, 200] {
            for rows in [1, 2, 3, 5, 7, 8, 11, 12, 24, 60] {
                let size = TerminalSize(columns: columns, rows: rows)
                let frame = WatchFrame(snapshot, state, size)
                state.settle(frame.list, height: frame.height)
                let lines = frame.lines(state, facts)
                #expect(lines.count <= rows, "\(columns)x\(rows)")
                for line in lines {
                    #expect(line.width <= columns, "\(columns)x\(rows): \(line.plain)")
                    #expect(DisplayWidth.of(line.plain) <= columns, "\(columns)x\(rows): \(line.plain)")
                    #expect(line.plain == SafeText.escape(line.plain))
                }
                for id in frame.visible(state) { #expect(facts[id] != nil) }
            }
        }
    }

    @Test func `the selected job is in sight, on any screen and at any place`() {
        let snapshot = Samples.snapshot([.inProgress: 50, .queued: 70, .completed: 30])
        let facts = Samples.facts(of: snapshot)
        for rows in [2, 3, 5, 8, 12, 24, 60] {
            var state = WatchState()
            let size = TerminalSize(columns: 80, rows: rows)
            for key in [Key.down, .end, .up, .pageUp, .pageUp, .home, .pageDown, .down, .tab, .end, .backTab]
            {
                let before = WatchFrame(snapshot, state, size)
                state.settle(before.list, height: before.height)
                _ = state.press(key)
                let frame = WatchFrame(snapshot, state, size)
                state.settle(frame.list, height: frame.height)
                #expect(frame.lines(state, facts).contains { $0.plain.hasPrefix(">") }, "\(rows) \(key)")
            }
        }
    }

    @Test func `what is out of reach is counted`() {
        var snapshot = Samples.snapshot([.inProgress: 3])
        snapshot.groups = [.init(state: .queued, ids: [1, 2, 3], count: 1_000_000)]
        #expect(
            lines(snapshot, Samples.facts(of: Samples.snapshot([.queued: 3]))).contains(
                "  … and 999,997 more queued"))
    }

    @Test func `what ends stays in sight however much runs`() {
        let snapshot = Samples.snapshot([.inProgress: 500, .completed: 2])
        let shown = lines(snapshot, Samples.facts(of: snapshot))
        #expect(shown.contains { $0.contains("501  completed") })
        #expect(shown.contains { $0.contains("ended last; ") })
    }
}
