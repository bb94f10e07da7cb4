import ScriptedServer
import Testing

@testable import HTTP

/// `publicAddressesOnly`, on the connections that are really made.
@Suite(.timeLimit(.minutes(10))) struct AddressPolicyTests {
    let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
    let client: HTTPClient

    init() throws { client = try HTTPClient(userAgent: "test/1") }

    @Test func `a loopback address is not even connected to`() async {
        let request = HTTPRequest(url: server.url, publicAddressesOnly: true)
        #expect(await failure(of: request, client) == .refusedAddress("127.0.0.1"))
        #expect(server.connections == 0)
    }

    @Test func `a name that stands for a loopback address is refused`() async {
        let request = HTTPRequest(url: "http://localhost:\(server.port)/", publicAddressesOnly: true)
        guard case .refusedAddress = await failure(of: request, client) else { return #expect(Bool(false)) }
        #expect(server.connections == 0)
    }

    @Test(arguments: ["2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0"])
    func `other spellings of an address do not help`(_ host: String) async {
        let request = HTTPRequest(url: "http://\(host):\(server.port)/", publicAddressesOnly: true)
        guard case .refusedAddress = await failure(of: request, client) else { return #expect(Bool(false)) }
        #expect(server.connections == 0)
    }

    @Test func `a connection that another request made is not borrowed`() async throws {
        #expect(try await client.send(HTTPRequest(url: server.url)).status == 200)
        let request = HTTPRequest(url: server.url, publicAddressesOnly: true)
        #expect(await failure(of: request, client) == .refusedAddress("127.0.0.1"))
        #expect(server.requests.count == 1)
    }
}
