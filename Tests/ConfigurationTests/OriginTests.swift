import Testing

@testable import Configuration

@Suite struct OriginTests {
    @Test(arguments: [
        ("https://model-api.runcomfy.net", "https://model-api.runcomfy.net"),
        ("https://Model-API.runcomfy.net:443/base/", "https://model-api.runcomfy.net"),
        ("https://model-api.runcomfy.net./v1", "https://model-api.runcomfy.net"),
        ("http://127.0.0.1:8471", "http://127.0.0.1:8471"), ("http://localhost:80/", "http://localhost"),
        ("https://a.example:80", "https://a.example:80"), ("http://[::1]:9/x", "http://[::1]:9"),
    ])
    func `an origin is scheme host and port in one spelling`(_ url: String, _ origin: String) {
        var configuration = Configuration()
        configuration.apiURL = url
        #expect(configuration.apiOrigin == origin)
    }
}
