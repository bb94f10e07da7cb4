import HTTP
import JSON
import ScriptedServer

/// A catalogue that answers as a test says, in place of RunComfy's.
struct CatalogueServer {
    private let server: ScriptedServer
    var url: String { server.url }
    var requests: [ScriptedServer.Request] { server.requests }

    /// `answer` is given the path and the page's offset; of the answer, the body is JSON text or whatever
    /// else.
    init(_ answer: @escaping @Sendable (_ path: String, _ offset: Int) -> (status: String, body: String)) {
        server = ScriptedServer { peer in
            while let request = peer.receive() {
                let target = request.line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
                let offset = (parts.last ?? "").split(separator: "&").first { $0.hasPrefix("offset=") }
                let number = offset.flatMap { Int($0.dropFirst("offset=".count)) } ?? 0
                let (status, body) = answer(parts.first ?? "", number)
                peer.send(ScriptedServer.answer(body, status: status))
            }
        }
    }

    /// One that lists these entries, so many a page.
    static func listing(_ entries: [String], page: Int = 2, total: Int? = nil) -> CatalogueServer {
        CatalogueServer { _, offset in
            let models = entries.dropFirst(offset).prefix(page).joined(separator: ",")
            return ("200 OK", #"{"models": [\#(models)], "total": \#(total ?? entries.count)}"#)
        }
    }

    static func entry(_ model: String, price: Double? = nil, keys: String = #""prompt": {"type": "string"}"#)
        -> String
    {
        let price = price.map { #""base_price_usd": \#($0), "price_unit": "output","# } ?? ""
        return #"{"model_id": "\#(model)", \#(price) "input_schema": {"properties": {\#(keys)}}}"#
    }
}
