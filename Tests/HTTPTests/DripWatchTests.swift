import Testing

@testable import HTTP

@Suite struct DripWatchTests {
    private let start = SuspendingClock.now

    private func at(_ seconds: Int) -> SuspendingClock.Instant { start + .seconds(seconds) }

    /// Looks at this second, and answers whether it drips and how many seconds later the next look is.
    private func look(_ watch: inout DripWatch, _ second: Int) -> (Bool, Duration) {
        let (drips, next) = watch.look(at: at(second), window: .seconds(60))
        return (drips, next - at(second))
    }

    @Test func `less than a kilobyte a second for a whole window is a drip`() {
        var watch = DripWatch()
        watch.add(0, at: at(0))
        var found = [look(&watch, 59)]
        watch.add(59_999, at: at(59))
        // Looked at again soon: the place may be wanted by then.
        found.append(look(&watch, 60))
        watch.add(60_000, at: at(61))
        found += [look(&watch, 61), look(&watch, 120)]
        #expect(found.map(\.0) == [false, true, true, false])
        #expect(found.map(\.1) == [.seconds(1), .seconds(1), .seconds(1), .seconds(60)])
    }

    @Test func `nothing is held against a request that has not left`() {
        var watch = DripWatch()
        var found = [look(&watch, 600)]
        watch.add(0, at: at(601))
        found += [look(&watch, 660), look(&watch, 661)]
        #expect(found.map(\.0) == [false, false, true])
        #expect(found.map(\.1) == [.seconds(60), .seconds(1), .seconds(1)])
    }

    @Test func `a late look counts the time that has passed`() {
        var watch = DripWatch()
        watch.add(100_000, at: at(0))
        let (drips, _) = look(&watch, 101)
        #expect(drips)
    }
}
