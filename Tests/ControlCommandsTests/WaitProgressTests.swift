import CommandLineTool
import JobModel
import Testing

@testable import ControlCommands

@Suite struct WaitProgressTests {
    private func progress(
        _ jobs: [Job], of total: Int, outputs: [Int64: [Output]] = [:],
        expected: [String: Duration] = ["vendor/model": .seconds(30)]
    ) -> WaitProgress {
        WaitProgress(
            total: total, unfinished: WaitProgress.order(jobs), outputs: outputs, expected: expected,
            now: Samples.now, elapsed: .seconds(75))
    }

    private func lines(_ progress: WaitProgress, columns: Int = 79, rows: Int = 23) -> [String] {
        progress.lines(TerminalSize(columns: columns, rows: rows)).map { line in
            String(line.plain.reversed().drop { $0 == " " }.reversed())
        }
    }

    @Test func `one job is one line`() {
        #expect(
            lines(progress([Samples.job(12, .inProgress)], of: 1)) == [
                "job 12: in_progress, 1 min 15 s, about 18 s left"
            ])
        #expect(
            lines(progress([Samples.job(12, .inQueue)], of: 1, expected: [:])) == [
                "job 12: in_queue, 1 min 15 s"
            ])
    }

    @Test func `several jobs have a line each, running ones first, and a sum`() {
        let jobs = [Samples.job(1, .queued), Samples.job(2, .inProgress), Samples.job(3, .downloading)]
        let files = [Samples.file(3, 1, fetched: 10_000_000, of: 20_000_000)]
        let lines = lines(progress(jobs, of: 12, outputs: [3: files]))
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("   3  downloading  ━━━"))
        #expect(lines[0].contains("10 MB of 20 MB"))
        #expect(lines[1].hasPrefix("   2  in_progress  ━━━"))
        #expect(lines[2].hasPrefix("   1  queued"))
        // 18 s of the running job and 30 s of the waiting one, two at a time; but no less than the longest.
        #expect(lines[3].hasSuffix("9 of 12 jobs have ended, 1 min 15 s, about 30 s left"))
    }

    @Test func `if not all fit, the rest is counted`() {
        let jobs = (1...100).map { Samples.job($0, $0 > 90 ? .inProgress : .queued) }
        for rows in [1, 2, 3, 10, 23] {
            let lines = lines(progress(jobs, of: 120), rows: rows)
            #expect(lines.count == rows)
            #expect(lines.last?.contains("20 of 120 jobs have ended") == true)
            if rows > 2 { #expect(lines[0].contains("  91  in_progress")) }
            if rows > 1 { #expect(lines[rows - 2] == "  … and \(100 - rows + 2) more") }
        }
    }

    @Test func `an estimate is given only if enough is known`() {
        #expect(progress([Samples.job(1, .inProgress), Samples.job(2, .held)], of: 2).left == nil)
        #expect(progress([Samples.job(1, .inProgress), Samples.job(2, .uncertain)], of: 2).left == nil)
        #expect(progress([Samples.job(1, .queued)], of: 2).left == nil)
        #expect(progress([Samples.job(1, .inProgress, model: "a/b")], of: 2).left == nil)
        // How long a job still takes that has taken longer than usual is not known.
        #expect(progress([Samples.job(1, .inProgress, seconds: 99)], of: 2).left == nil)
    }
}
