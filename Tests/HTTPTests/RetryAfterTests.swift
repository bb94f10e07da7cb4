import Testing

@testable import HTTP

@Suite struct RetryAfterTests {
    private func wait(_ value: String, date: String? = nil) -> Duration? {
        var headers: HTTPHeaders = ["Retry-After": value]
        if let date { headers.fields.append(HTTPHeaders.Field(name: "date", value: date)) }
        return HTTPResponse(status: 429, headers: headers).retryAfter
    }

    @Test func `seconds are taken up to a bound`() {
        #expect(wait("0") == .zero)
        #expect(wait("7") == .seconds(7))
        #expect(wait("3600") == .seconds(3600))
        #expect(wait("3601") == .seconds(3600))
        #expect(wait("99999999999999999999999") == .seconds(3600))
    }

    @Test func `a date is held against the server's own clock`() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(wait("Sun, 06 Nov 1994 08:49:57 GMT", date: date) == .seconds(20))
        #expect(wait("Sunday, 06-Nov-94 08:50:37 GMT", date: date) == .seconds(60))
        #expect(wait("Sun Nov  6 08:49:38 1994", date: date) == .seconds(1))
        #expect(wait("Sun, 06 Nov 1994 08:49:00 GMT", date: date) == .zero)
        #expect(wait("Mon, 07 Nov 1994 08:49:00 GMT", date: date) == .seconds(3600))
    }

    @Test func `without a servers clock ours is used`() {
        #expect(wait("Sun, 06 Nov 1994 08:49:37 GMT") == .zero)
        #expect(wait("Fri, 31 Dec 2100 23:59:59 GMT") == .seconds(3600))
    }

    @Test(arguments: ["", "soon", "-5", "1.5", "+3"])
    func `anything else says nothing`(_ value: String) { #expect(wait(value) == nil) }

    @Test func `an answer without the header says nothing`() {
        #expect(HTTPResponse(status: 503).retryAfter == nil)
    }
}
