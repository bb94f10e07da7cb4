import Testing

@testable import Worker

/// A call that hangs holds up nothing but itself.
@Suite struct LookPlacesTests {
    /// Takes as many places as there are, and answers how many.
    private func fill(_ places: inout LookPlaces, _ lane: Agenda.Lane, at now: Int64, from first: Int64 = 1)
        -> Int
    {
        var job = first
        while job - first < 1000, places.isFree(lane, at: now) {
            places.take(for: job, lane, at: now)
            job += 1
        }
        return Int(job - first)
    }

    @Test func jobsInTroubleLeaveThePlacesOfTheOthersAlone() {
        var places = LookPlaces()
        #expect(fill(&places, .troubled, at: 0) == LookPlaces.mostTroubled)
        // However long they take.
        #expect(!places.isFree(.troubled, at: 1_000_000))
        #expect(places.opensAt(.troubled, after: 0) == nil)
        #expect(fill(&places, .ordinary, at: 0, from: 1001) == LookPlaces.mostOrdinary)
    }

    @Test func aLookThatTakesLongGivesItsPlaceToAnother() {
        var places = LookPlaces()
        #expect(fill(&places, .ordinary, at: 100) == LookPlaces.mostOrdinary)
        #expect(!places.isFree(.ordinary, at: 100 + LookPlaces.patience - 1))
        #expect(places.opensAt(.ordinary, after: 200) == 100 + LookPlaces.patience)
        #expect(
            fill(&places, .ordinary, at: 100 + LookPlaces.patience, from: 1001) == LookPlaces.mostOrdinary)
    }

    @Test func notMoreLooksAreUnderwayThanThereAreConnections() {
        var places = LookPlaces()
        var count = 0
        for turn in 0..<10 {
            count += fill(
                &places, .ordinary, at: Int64(turn) * LookPlaces.patience, from: Int64(1 + 1000 * turn))
        }
        #expect(count == LookPlaces.mostAtOnce)
        #expect(!places.isFree(.troubled, at: 1_000_000))
        #expect(places.opensAt(.ordinary, after: 1_000_000) == nil)
        places.give(1)
        #expect(places.isFree(.ordinary, at: 1_000_000) && places.isFree(.troubled, at: 1_000_000))
    }

    @Test func aPlaceThatIsGivenBackIsFree() {
        var places = LookPlaces()
        _ = fill(&places, .ordinary, at: 0)
        places.give(1)
        #expect(fill(&places, .ordinary, at: 0, from: 1001) == 1)
    }

    @Test func fetchingAsksNobody() {
        var places = LookPlaces()
        _ = fill(&places, .ordinary, at: 0)
        #expect(places.isFree(.fetching, at: 0))
    }
}
