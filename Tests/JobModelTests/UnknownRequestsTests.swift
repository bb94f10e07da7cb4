import Testing

@testable import JobModel

/// Looks each second, with a patience of ten.
@Suite struct UnknownRequestsTests {
    private var requests = UnknownRequests()

    private mutating func unknown(
        _ request: String = "a", at second: Int64, wait: Int64 = 1, isOnly: Bool = false, patience: Int64 = 10
    ) -> Bool {
        requests.unknown(
            request, at: second * 1000, wait: .seconds(wait), isOnly: isOnly, patience: .seconds(patience))
    }

    private mutating func answered(_ request: String, at second: Int64) {
        requests.answered(request, at: second * 1000)
    }

    /// In which second a request is lost; nil where it is not within a hundred.
    private mutating func lost(_ before: (inout Self, Int64) -> Void) -> Int64? {
        for second: Int64 in 0..<100 {
            before(&self, second)
            if unknown(at: second) { return second }
        }
        return nil
    }

    @Test mutating func aRequestIsLostAfterThePatienceInWhichOthersWereAnswered() {
        #expect(lost { $0.answered("b", at: $1) } == 10)
    }

    @Test mutating func withoutAWitnessItNeverIs() {
        #expect(lost { _, _ in } == nil)
        #expect(requests.needsWitness(for: "a"))
    }

    @Test mutating func aRequestThatHasEndedIsWitnessEnoughForOne() {
        #expect(lost { $0.requests.knowsEnded(at: $1 * 1000) } == 10)
    }

    @Test mutating func theOnlyRequestEverIsLostByTheServicesOwnWord() {
        for second: Int64 in 0..<10 { #expect(!unknown(at: second, isOnly: true)) }
        let isLost = unknown(at: 10, isOnly: true)
        #expect(isLost)
    }

    @Test mutating func timeInWhichNothingWasAskedIsNoPatience() {
        // A suspended machine: five hours between two looks that were to be a second apart.
        _ = unknown(at: 0)
        answered("b", at: 18_000)
        #expect(!unknown(at: 18_000))
        for second: Int64 in 18_001...18_008 {
            answered("b", at: second)
            #expect(!unknown(at: second))
        }
        answered("b", at: 18_009)
        let isLost = unknown(at: 18_009)
        #expect(isLost)
    }

    @Test mutating func timeInWhichItsLookWasNotAnsweredIsNoPatience() {
        let second = lost {
            $0.answered("b", at: $1)
            if $1 > 0, $1 <= 20 { $0.requests.noAnswer("a") }
        }
        #expect(second == 30)
    }

    @Test mutating func aGoodAnswerBeginsItAnew() {
        let second = lost {
            $0.answered("b", at: $1)
            if $1 == 9 { $0.answered("a", at: $1) }
        }
        #expect(second == 19)
    }

    @Test mutating func aFewLooksAreWantedWhateverThePatience() {
        for second: Int64 in 0..<3 {
            answered("b", at: second)
            #expect(!unknown(at: second, patience: 0))
        }
        answered("b", at: 3)
        let isLost = unknown(at: 3, patience: 0)
        #expect(isLost)
    }

    @Test mutating func manyUnknownAtOnceAreAnOutage() {
        for second: Int64 in 0..<50 {
            answered("well", at: second)
            requests.knowsEnded(at: second * 1000)
            for number in 1...20 { #expect(!unknown("r\(number)", at: second)) }
        }
    }

    @Test mutating func asManyAsOthersWereAnsweredMayBeLost() {
        var lost = 0
        for second: Int64 in 0...10 {
            for name in ["x", "y", "z"] { answered(name, at: second) }
            for name in ["a", "b", "c"] where unknown(name, at: second) { lost += 1 }
        }
        #expect(lost == 3)
    }

    @Test mutating func whatIsFollowedNoLongerCountsNoLonger() {
        for name in ["a", "b", "c"] { _ = unknown(name, at: 0) }
        for name in ["b", "c"] { requests.forget(name) }
        #expect(lost { $0.answered("w", at: $1) } == 10)
    }

    @Test mutating func whileNothingIsUnknownNothingIsKept() {
        for number in 0..<100 { answered("r\(number)", at: 0) }
        #expect(requests == UnknownRequests())
    }
}
