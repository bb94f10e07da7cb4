import JobModel
import JobStore
import Testing

@testable import ControlCommands

@Suite struct WatchMeterTests {
    private func at(_ seconds: Int64) -> Timestamp { Samples.now + .seconds(seconds) }

    @Test func `rates are of the last minute, that before the first look included`() {
        var meter = WatchMeter(
            earlier: [
                (at(-60), Throughput(sent: 6, completed: 4)), (at(-30), Throughput(sent: 6, completed: 1)),
            ],
            underWay: 0, at: at(0))
        #expect(meter.rates(at: at(0)) == WatchRates(completed: 4, sent: 6, bytesASecond: 0))
        meter.add(Throughput(sent: 1, completed: 2), underWay: 0, at: at(30))
        #expect(meter.rates(at: at(30)).completed == 3)
        meter.add(Throughput(), underWay: 0, at: at(100))
        #expect(meter.rates(at: at(100)).completed == 0)
    }

    @Test func `bytes count once, on their way and when they are a file`() {
        var meter = WatchMeter(earlier: [], underWay: 1000, at: at(0))
        meter.add(Throughput(), underWay: 11_000, at: at(10))
        #expect(meter.rates(at: at(10)).bytesASecond == 1000)
        // The file is whole: what was under way is no more, and its bytes are in the events.
        meter.add(Throughput(bytes: 12_000), underWay: 0, at: at(20))
        #expect(meter.rates(at: at(20)).bytesASecond == 100)
        // A download that began again is no negative rate.
        meter.add(Throughput(), underWay: -5000, at: at(30))
        #expect(meter.rates(at: at(30)).bytesASecond == 0)
    }
}
