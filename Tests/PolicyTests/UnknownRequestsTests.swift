import Testing

@testable import Policy

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

    /// In which second a request is lost; nil if it is not within a hundred.
    private mutating func lost(_ before: (inout Self, Int64) -> Void) -> Int64? {
        for second: Int64 in 0..<100 {
            before(&self, second)
            if unknown(at: second) { return second }
        }
        return nil
    }

    @Test mutating func `a request is lost after the patience in which others were answered`() {
        #expect(lost { $0.answered("b", at: $1) } == 10)
    }

    @Test mutating func `without a witness it is never lost`() {
        #expect(lost { _, _ in } == nil)
        #expect(requests.needsWitness(for: "a"))
    }

    @Test mutating func `a request that has ended is witness enough for one`() {
        #expect(lost { $0.requests.knowsEnded("e", at: $1 * 1000) } == 10)
    }

    @Test mutating func `the only request ever is lost by the service's own word`() {
        for second: Int64 in 0..<10 { #expect(!unknown(at: second, isOnly: true)) }
        let isLost = unknown(at: 10, isOnly: true)
        #expect(isLost)
    }

    @Test mutating func `time in which nothing was asked is no patience`() {
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

    @Test mutating func `time in which its look was not answered is no patience`() {
        let second = lost {
            $0.answered("b", at: $1)
            if $1 > 0, $1 <= 20 { $0.requests.noAnswer("a") }
        }
        #expect(second == 30)
    }

    @Test mutating func `a good answer restarts the patience`() {
        let second = lost {
            $0.answered("b", at: $1)
            if $1 == 9 { $0.answered("a", at: $1) }
        }
        #expect(second == 19)
    }

    @Test mutating func `a few looks are wanted whatever the patience`() {
        for second: Int64 in 0..<3 {
            answered("b", at: second)
            #expect(!unknown(at: second, patience: 0))
        }
        answered("b", at: 3)
        let isLost = unknown(at: 3, patience: 0)
        #expect(isLost)
    }

    @Test mutating func `many unknown at once are an outage`() {
        for second: Int64 in 0..<50 {
            answered("well", at: second)
            requests.knowsEnded("e", at: second * 1000)
            for number in 1...20 { #expect(!unknown("r\(number)", at: second)) }
        }
    }

    @Test mutating func `as many as ended requests that are still known may be lost`() {
        var lost = 0
        for second: Int64 in 0...30 {
            requests.knowsEnded("e\(second % 20)", at: second * 1000)
            for name in ["a", "b"] where unknown(name, at: second) { lost += 1 }
        }
        #expect(lost > 0)
    }

    @Test mutating func `a few of many may be lost and none of a few`() {
        for (witnesses, expected) in [(30, 3), (29, 0)] {
            requests = UnknownRequests()
            var lost = 0
            for second: Int64 in 0...10 {
                for number in 0..<witnesses { answered("w\(number)", at: second) }
                for name in ["a", "b", "c"] where unknown(name, at: second) { lost += 1 }
            }
            #expect(lost == expected)
        }
    }

    @Test mutating func `a service that knows new requests alone has lost none of the old ones`() {
        for second: Int64 in 0..<50 {
            for number in 0..<100 { answered("new\(number)", at: second) }
            for number in 1...4 { #expect(!unknown("old\(number)", at: second)) }
        }
    }

    @Test mutating func `what a person wants cancelled is lost by the service's own word`() {
        for number in 1...20 { _ = unknown("other\(number)", at: 0) }
        var second: Int64 = 0
        while second < 100,
            !requests.unknown(
                "a", at: second * 1000, wait: .seconds(1), isOnly: false, isUnwanted: true,
                patience: .seconds(10))
        { second += 1 }
        #expect(second == 10)
    }

    @Test mutating func `what is followed no longer counts no longer`() {
        for name in ["a", "b", "c"] { _ = unknown(name, at: 0) }
        for name in ["b", "c"] { requests.forget(name) }
        #expect(lost { $0.answered("w", at: $1) } == 10)
    }

    @Test mutating func `while nothing is unknown nothing is kept`() {
        for number in 0..<100 { answered("r\(number)", at: 0) }
        #expect(requests == UnknownRequests())
    }
}
