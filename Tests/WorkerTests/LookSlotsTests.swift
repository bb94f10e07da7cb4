import Testing

@testable import Worker

/// A call that hangs holds up nothing but itself.
@Suite struct LookSlotsTests {
    /// Takes as many slots as there are, and answers how many.
    private func fill(_ slots: inout LookSlots, _ lane: Agenda.Lane, at now: Int64, from first: Int64 = 1)
        -> Int
    {
        var job = first
        while job - first < 1000, slots.isFree(lane, at: now) {
            slots.take(for: job, lane, at: now)
            job += 1
        }
        return Int(job - first)
    }

    @Test func `jobs in trouble leave the slots of the others alone`() {
        var slots = LookSlots()
        #expect(fill(&slots, .troubled, at: 0) == LookSlots.mostTroubled)
        // However long they take.
        #expect(!slots.isFree(.troubled, at: 1_000_000))
        #expect(slots.opensAt(.troubled, after: 0) == nil)
        #expect(fill(&slots, .ordinary, at: 0, from: 1001) == LookSlots.mostOrdinary)
    }

    @Test func `a look that takes long gives its place to another`() {
        var slots = LookSlots()
        #expect(fill(&slots, .ordinary, at: 100) == LookSlots.mostOrdinary)
        #expect(!slots.isFree(.ordinary, at: 100 + LookSlots.patience - 1))
        #expect(slots.opensAt(.ordinary, after: 200) == 100 + LookSlots.patience)
        #expect(
            fill(&slots, .ordinary, at: 100 + LookSlots.patience, from: 1001) == LookSlots.mostOrdinary)
    }

    @Test func `not more looks are underway than there are connections`() {
        var slots = LookSlots()
        var count = 0
        for turn in 0..<10 {
            count += fill(
                &slots, .ordinary, at: Int64(turn) * LookSlots.patience, from: Int64(1 + 1000 * turn))
        }
        #expect(count == LookSlots.mostAtOnce)
        #expect(!slots.isFree(.troubled, at: 1_000_000))
        #expect(slots.opensAt(.ordinary, after: 1_000_000) == nil)
        slots.give(1)
        #expect(slots.isFree(.ordinary, at: 1_000_000) && slots.isFree(.troubled, at: 1_000_000))
    }

    @Test func `a place that is given back is free`() {
        var slots = LookSlots()
        _ = fill(&slots, .ordinary, at: 0)
        slots.give(1)
        #expect(fill(&slots, .ordinary, at: 0, from: 1001) == 1)
    }

    @Test func `fetching asks nobody`() {
        var slots = LookSlots()
        _ = fill(&slots, .ordinary, at: 0)
        #expect(slots.isFree(.fetching, at: 0))
    }
}
