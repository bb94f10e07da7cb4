import HTTP
import Testing

@testable import Provider

/// Addresses that open the storage, in what the service says.
@Suite struct SealedAddressTests {
    private static let digits = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        "=", "%3D", "\\u003d", "&#61;",
    ]) func `a signature is removed however it is written`(sign: String) {
        let text = "cannot fetch https://s3/a?X-Amz-Signature\(sign)\(Self.digits)&b=1, sorry"
        let sealed = SealedAddress.seal(text)
        #expect(!sealed.contains(Self.digits.suffix(40)), "\(sealed)")
        #expect(
            sealed.hasPrefix("cannot fetch https://s3/a?X-Amz-Signature") && sealed.hasSuffix("&b=1, sorry"))
    }

    @Test func `other texts stay as they are`() {
        for text in ["", "X-Amz-Signature", "X-Amz-Signature=", "X-Amz-Signature=abc&x", Self.digits] {
            #expect(SealedAddress.seal(text) == text)
        }
    }

    @Test func `each signature of an answer is removed, at its end too`() {
        let address = "X-Amz-Signature=\(Self.digits)"
        #expect(
            SealedAddress.seal("\(address) \(address)")
                == "X-Amz-Signature=[signature] X-Amz-Signature=[signature]")
    }

    @Test func `neither a refusal nor an answer in doubt keeps a signature`() {
        let body = #"{"detail":"no: https://s3/a?X-Amz-Signature=\#(Self.digits)"}"#
        for status in [422, 500, 200] {
            let answer = SubmitAnswer.read(HTTPResponse(status: status, body: Array(body.utf8)))
            #expect(!"\(answer)".contains(Self.digits), "\(answer)")
            #expect("\(answer)".contains("[signature]"), "\(answer)")
        }
    }
}
