import HTTP
import Scratch
import ScriptedServer
import System

/// A service whose answers about each request a test changes as it goes. The model `t/NAME` is bought as the
/// request `NAME`.
final class ScriptedService: Sendable {
    struct Word: Sendable {
        var body: String
        var status = "200 OK"

        /// The service's own word that there is no such request.
        static let unknown = Word(
            body: #"{"error_code":404001,"error_message":"ResourceNotFound"}"#, status: "404 Not Found")
        /// No answer at all.
        static let nothing = Word(body: "", status: "")
    }

    static let pixel = "GIF89a\u{1}\0\u{1}\0\0\0\0,\0\0\0\0\u{1}\0\u{1}\0\0\u{2}\u{1}\0\0;"
    static let done = #"{"status":"succeeded","output":"OWN/f/NAME"}"#

    private let words: Locked<[String: [Word]]>
    private let server: ScriptedServer
    var url: String { server.url }
    /// The lines of all requests so far, such as `GET /v1/requests/a/status HTTP/1.1`.
    var lines: [String] { server.requests.map(\.line) }

    /// Every request is in progress until something else is said of it.
    init(fileHeaders: String = "") {
        let words = Locked<[String: [Word]]>([:])
        self.words = words
        server = ScriptedServer { peer in
            while let request = peer.receive() {
                let path = request.line.split(separator: " ")[1].split(separator: "?")[0].split(
                    separator: "/")
                let own = "http://" + (request.headers["host"] ?? "")
                let call = String(path.last ?? "")
                let name = path.count > 1 ? String(path[path.count - 2]) : ""
                if path.first == "f" {
                    peer.send(ScriptedServer.answer(Self.pixel, headers: fileHeaders))
                    continue
                }
                if path.first == "v1", path.dropFirst().first == "models" {
                    peer.send(ScriptedServer.answer(#"{"request_id":"\#(call)"}"#))
                    continue
                }
                let word = words.withLock { words in
                    let key = ["\(name)/\(call)", "*/\(call)"].first { words[$0] != nil } ?? ""
                    let said = words[key]?.first ?? Word(body: #"{"status":"in_progress"}"#)
                    if words[key]?.dropFirst().isEmpty == false { words[key]?.removeFirst() }
                    return said
                }
                if word.status.isEmpty { continue }
                let body = word.body.replacing("OWN", with: own).replacing("NAME", with: name)
                peer.send(ScriptedServer.answer(body, status: word.status))
            }
        }
    }

    /// What `call` (`status`, `result`, `cancel`) says of `request` from now on: one word after the other,
    /// and the last one repeatedly. `*` means all others.
    func say(_ call: String, of request: String, _ said: Word...) {
        words.withLock { $0["\(request)/\(call)"] = said }
    }

    func say(_ call: String, of request: String, _ body: String, then next: String? = nil) {
        words.withLock { $0["\(request)/\(call)"] = [body, next].compactMap { $0 }.map { Word(body: $0) } }
    }

    /// From now on `request` is over, and this is its result.
    func end(_ request: String, _ result: String = ScriptedService.done) {
        say("result", of: request, result)
        say("status", of: request, #"{"status":"completed"}"#)
    }

    func asked(_ call: String, of request: String) -> Int {
        lines.count { $0.contains("/v1/requests/\(request)/\(call)") }
    }

    var posts: Int { lines.count { $0.hasPrefix("POST /v1/models/") } }
}

extension Stage {
    /// A stage whose service a test scripts.
    convenience init(_ service: ScriptedService) { self.init(url: service.url) }

    /// Enqueues a job of the model `t/NAME`.
    func enqueue(named name: String) async throws { try await jobctl("enqueue", "t/\(name)", "text=x", "-q") }

    func state(named name: String) throws -> String {
        try text("SELECT state FROM jobs WHERE model = 't/\(name)'") ?? "no job \(name)"
    }
}
