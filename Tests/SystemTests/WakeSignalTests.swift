import System
import Testing

@Suite struct WakeSignalTests {
    @Test func `a wake-up before the sleep is not lost`() async {
        let signal = WakeSignal()
        signal.wake()
        signal.wake()
        await signal.wait(until: nil)
    }

    @Test func `a wake-up from any thread ends the sleep`() async {
        let signal = WakeSignal()
        for _ in 0..<200 {
            async let slept: Void = signal.wait(until: nil)
            async let woken: Void = signal.wake()
            _ = await (slept, woken)
        }
    }

    @Test func `the time ends the sleep and not before`() async {
        let signal = WakeSignal()
        let deadline = ContinuousClock.now + .milliseconds(30)
        await signal.wait(until: deadline)
        #expect(ContinuousClock.now >= deadline)
        // A time that has passed is no sleep.
        await signal.wait(until: .now - .seconds(1))
    }

    /// The timer of a sleep that was ended by a wake-up must not end a later one.
    @Test func `an old timer ends no new sleep`() async throws {
        let signal = WakeSignal()
        signal.wake()
        await signal.wait(until: .now + .milliseconds(20))
        let deadline = ContinuousClock.now + .milliseconds(120)
        await signal.wait(until: deadline)
        #expect(ContinuousClock.now >= deadline)
    }

    @Test func `a far deadline does not overflow`() async {
        let signal = WakeSignal()
        async let woken: Void = signal.wake()
        await signal.wait(until: .now + .seconds(1_000_000_000_000))
        await woken
    }

    @Test func `no wake-up is lost under load`() async {
        let signal = WakeSignal()
        let rounds = 2000
        await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { for _ in 0..<rounds { signal.wake() } } }
            group.addTask { for _ in 0..<50 { await signal.wait(until: .now + .milliseconds(2)) } }
        }
        signal.wake()
        await signal.wait(until: nil)
    }
}
