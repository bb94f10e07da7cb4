import Calendar
import JobModel
import System
import Testing

@testable import ObjectStorage

/// A published example: a request and its signature.
struct SignatureExample: Sendable, CustomTestStringConvertible {
    let name: String
    var method = "GET"
    var path = "/"
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body = ""
    let signature: String

    var testDescription: String { name }
}

/// The signatures are AWS's own: its test suite for Signature Version 4, and the examples in the
/// documentation of S3 ("Authenticating Requests").
@Suite struct SignatureTests {
    static let token =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIY"
        + "RqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp"
        + "75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9"
        + "FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
    static let letters = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    static let suite: [SignatureExample] = [
        .init(
            name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        .init(
            name: "get-vanilla-empty-query-key", query: [("Param1", "value1")],
            signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
        .init(
            name: "get-vanilla-query-order-key-case", query: [("Param2", "value2"), ("Param1", "value1")],
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        .init(
            name: "get-vanilla-query-unreserved", query: [(letters, letters)],
            signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
        .init(
            name: "get-vanilla-utf8-query", query: [("ሴ", "bar")],
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        .init(
            name: "get-unreserved", path: "/" + letters,
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        .init(
            name: "get-utf8", path: "/ሴ",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        .init(
            name: "get-header-key-duplicate",
            headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
            signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        .init(
            name: "get-header-value-order",
            headers: [
                ("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3"),
                ("My-Header1", "value2"),
            ], signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
        .init(
            name: "get-header-value-trim",
            headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        .init(
            name: "post-vanilla", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        .init(
            name: "post-vanilla-query", method: "POST", query: [("Param1", "value1")],
            signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
        .init(
            name: "post-header-key-sort", method: "POST", headers: [("My-Header1", "value1")],
            signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
        .init(
            name: "post-header-value-case", method: "POST", headers: [("My-Header1", "VALUE1")],
            signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
        .init(
            name: "post-sts-header-before", method: "POST", headers: [("X-Amz-Security-Token", token)],
            signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
        .init(
            name: "post-x-www-form-urlencoded", method: "POST",
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        .init(
            name: "post-x-www-form-urlencoded-parameters", method: "POST",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf8")],
            body: "Param1=value1",
            signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"),
    ]

    @Test(arguments: suite) func `the examples of the test suite hold`(example: SignatureExample) throws {
        let signature = RequestSignature(
            credentials: StorageCredentials(
                keyID: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "service",
            time: try #require(
                CalendarTime(year: 2015, month: 8, day: 30, hour: 12, minute: 36)))
        let request = CanonicalRequest(
            method: example.method, path: CanonicalRequest.escapedPath(example.path), query: example.query,
            headers: example.headers + [
                ("Host", "example.amazonaws.com"), ("X-Amz-Date", signature.stamp),
            ], payload: SHA256.hexadecimal(of: Array(example.body.utf8)))
        #expect(signature.stamp == "20150830T123600Z")
        #expect(signature.signature(of: request) == example.signature)
        #expect(
            signature.authorization(of: request).hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
            ))
    }

    static let documentation: [SignatureExample] = [
        .init(
            name: "GET object", path: "/test.txt", headers: [("Range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        .init(
            name: "PUT object", method: "PUT", path: "/test$file.text",
            headers: [
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ], body: "Welcome to Amazon S3.",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        .init(
            name: "GET bucket lifecycle", query: [("lifecycle", "")],
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        .init(
            name: "list objects", query: [("max-keys", "2"), ("prefix", "J")],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    private func ofDocumentation() throws -> RequestSignature {
        RequestSignature(
            credentials: StorageCredentials(
                keyID: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", time: try #require(CalendarTime(year: 2013, month: 5, day: 24)))
    }

    @Test(arguments: documentation) func `the examples of S3 hold`(example: SignatureExample) throws {
        let signature = try ofDocumentation()
        let payload = SHA256.hexadecimal(of: Array(example.body.utf8))
        let request = CanonicalRequest(
            method: example.method, path: CanonicalRequest.escapedPath(example.path), query: example.query,
            headers: example.headers + [
                ("Host", "examplebucket.s3.amazonaws.com"), ("x-amz-date", signature.stamp),
                ("x-amz-content-sha256", payload),
            ], payload: payload)
        #expect(signature.signature(of: request) == example.signature)
    }

    @Test func `the presigned address of S3 holds`() throws {
        let signature = try ofDocumentation()
        let request = CanonicalRequest(
            method: "GET", path: "/test.txt", headers: [("host", "examplebucket.s3.amazonaws.com")],
            payload: CanonicalRequest.unsignedPayload)
        #expect(
            signature.presignedQuery(of: request, seconds: 86400)
                == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    @Test func `a bucket is in the host or in the path`() throws {
        let name = try #require(ObjectName("s3://examplebucket/a b/c+d=é.png"))
        func address(_ endpoint: String?, path: Bool = false, of name: ObjectName) -> String {
            StorageLocation(root: name, endpoint: endpoint, region: "eu-west-1", usesPathStyle: path)
                .address(of: name).url
        }
        #expect(
            address(nil, of: name)
                == "https://examplebucket.s3.eu-west-1.amazonaws.com/a%20b/c%2Bd%3D%C3%A9.png")
        #expect(
            address("https://s3.example.com:443", path: true, of: name)
                == "https://s3.example.com/examplebucket/a%20b/c%2Bd%3D%C3%A9.png")
        #expect(
            address("https://example.com/storage/", of: ObjectName(bucket: "one", key: "k"))
                == "https://one.example.com/storage/k")
        // Neither a number nor a certificate takes a name before it.
        #expect(
            address("http://127.0.0.1:9000", of: ObjectName(bucket: "one", key: "k"))
                == "http://127.0.0.1:9000/one/k")
        #expect(
            address("https://example.com", of: ObjectName(bucket: "o.ne", key: "k"))
                == "https://example.com/o.ne/k")
        #expect(
            address("https://example.com", path: true, of: ObjectName(bucket: "one", key: ""))
                == "https://example.com/one")
    }
}
