import JobModel
import SQL
import Testing

@testable import JobStore

@Suite struct StatisticsTests {
    @Test(arguments: [
        ("2026-01-01", "2026-W01"), ("2027-01-01", "2026-W53"), ("2024-12-30", "2025-W01"),
        ("2026-11-22", "2026-W47"), ("2026-11-23", "2026-W48"), ("1969-12-31", "1970-W01"),
    ])
    func `weeks are those of ISO 8601`(day: String, week: String) {
        #expect(Statistics.week(ofDay: day) == week)
    }

    @Test func `quantiles are spans that there were`() {
        var spread = Statistics.Spread()
        #expect(spread.quantiles([0.5]) == [nil])
        for span in (1...100).shuffled() { spread.add(from: 0, to: Int64(span)) }
        #expect(spread.quantiles([0.5, 0.95, 1]) == [50, 95, 100])
        // A clock that was set back says nothing.
        spread.add(from: 10, to: 5)
        #expect(spread.quantiles([0.01]) == [1])
    }

    @Test func `jobs and money are counted where they belong, and a reported cost replaces an estimate`()
        throws
    {
        let scratch = ScratchStore()
        let store = try scratch.open()
        let answer: [(kind: Output.Kind, url: String)] = [(.image, "https://x/1.png")]
        try store.job(
            .submitting(priceUSD: 0.5), .accepted(requestID: "a"), .succeeded(finishedAt: nil, costUSD: 0.3),
            .fetched,
            outputs: answer)
        try store.job(
            .submitting(priceUSD: 0.5), .accepted(requestID: "b"),
            .failed(JobFailure(.remote, "no")))
        try store.job(model: "n", .submitting(priceUSD: nil), .accepted(requestID: "c"))
        let statistics = try store.statistics(JobFilter()) { String($0.description.prefix(10)) }
        let all = statistics.all
        #expect(all.jobs == 2 && all.completed == 1 && all.failed == 1)
        #expect(all.reportedUSD == 0.3 && all.estimatedUSD == 0.5 && all.unpriced == 1)
        #expect(statistics.groups(by: .model).map(\.name) == ["m", "n"])
        #expect(statistics.groups(by: .failure).map(\.name) == ["remote"])
        #expect(statistics.groups(by: .day).map(\.group.jobs) == [2])
        var filter = JobFilter()
        filter.since = store.now + .seconds(60)
        #expect(try store.statistics(filter) { _ in "" }.all.jobs == 0)
    }
}
