import Testing

@testable import Worker

@Suite struct BellTests {
    @Test func ringingBeforeTheSleepIsNotLost() async {
        let bell = Bell()
        bell.ring()
        bell.ring()
        await bell.wait(until: nil)
    }

    @Test func ringingEndsTheSleepFromAnyThread() async {
        let bell = Bell()
        for _ in 0..<200 {
            async let slept: Void = bell.wait(until: nil)
            async let rung: Void = bell.ring()
            _ = await (slept, rung)
        }
    }

    @Test func theTimeEndsTheSleepAndNotBefore() async {
        let bell = Bell()
        let deadline = ContinuousClock.now + .milliseconds(30)
        await bell.wait(until: deadline)
        #expect(ContinuousClock.now >= deadline)
        // A time that has passed is no sleep.
        await bell.wait(until: .now - .seconds(1))
    }

    /// A timer of an earlier sleep that was rung must not end a later one.
    @Test func anOldTimerEndsNoNewSleep() async throws {
        let bell = Bell()
        bell.ring()
        await bell.wait(until: .now + .milliseconds(20))
        let deadline = ContinuousClock.now + .milliseconds(120)
        await bell.wait(until: deadline)
        #expect(ContinuousClock.now >= deadline)
    }

    @Test func aFarDeadlineDoesNotOverflow() async {
        let bell = Bell()
        async let rung: Void = bell.ring()
        await bell.wait(until: .now + .seconds(1_000_000_000_000))
        await rung
    }

    @Test func noRingIsLostUnderLoad() async {
        let bell = Bell()
        let rounds = 2000
        await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { for _ in 0..<rounds { bell.ring() } } }
            group.addTask { for _ in 0..<50 { await bell.wait(until: .now + .milliseconds(2)) } }
        }
        bell.ring()
        await bell.wait(until: nil)
    }
}
