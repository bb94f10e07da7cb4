import HTTP
import ScriptedServer
internal import System

/// Serves files on loopback, and misbehaves as told, byte for byte.
final class FileServer: Sendable {
    struct Request: Sendable {
        var path: String
        var headers: HTTPHeaders

        /// The start of the range that was asked for.
        var offset: Int? {
            headers["range"].flatMap {
                $0.hasPrefix("bytes=") ? Int($0.dropFirst(6).prefix { $0 != "-" }) : nil
            }
        }
    }

    struct Answer: Sendable {
        var status = "200 OK"
        var headers: HTTPHeaders = [:]
        var body: [UInt8] = []
        /// How the end of the body is told.
        var framing = Framing.length
        /// How many bytes of the body are sent before the connection ends; nil for all.
        var cut: Int?
    }

    enum Framing { case length, chunks, close }

    private let server: ScriptedServer

    var port: UInt16 { server.port }
    var url: String { server.url }
    var requests: [Request] { server.requests.map(Request.init) }

    /// `answer` is given the request, and how many there were before it.
    init(_ answer: @escaping @Sendable (Request, Int) -> Answer) {
        let count = Locked(0)
        server = ScriptedServer { peer in
            while let received = peer.receive() {
                let before = count.withLock { count in
                    count += 1
                    return count - 1
                }
                let reply = answer(Request(received), before)
                peer.send(reply.bytes)
                if reply.cut != nil || reply.framing == .close { return }
            }
        }
    }
}

extension FileServer.Request {
    fileprivate init(_ request: ScriptedServer.Request) {
        let words = request.line.split(separator: " ")
        self.init(path: words.count > 1 ? String(words[1]) : "", headers: request.headers)
    }
}

extension FileServer.Answer {
    /// The answer as it goes over the wire.
    fileprivate var bytes: [UInt8] {
        var head = "HTTP/1.1 \(status)\r\n"
        for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
        var sent = body
        switch framing {
        case .length:
            if headers["content-length"] == nil { head += "Content-Length: \(body.count)\r\n" }
        case .chunks:
            head += "Transfer-Encoding: chunked\r\n"
            let chunks = stride(from: 0, to: body.count, by: 50).map { body[$0..<min($0 + 50, body.count)] }
            sent = chunks.flatMap {
                Array("\(String($0.count, radix: 16))\r\n".utf8) + $0 + Array("\r\n".utf8)
            }
            sent += Array("0\r\n\r\n".utf8)
        case .close: head += "Connection: close\r\n"
        }
        return Array((head + "\r\n").utf8) + sent.prefix(cut ?? sent.count)
    }
}

extension FileServer.Answer {
    /// What a good server answers: a file with a strong tag, and its ranges if the tag is still right.
    static func file(
        _ bytes: [UInt8], tag: String = "\"v1\"", adding headers: HTTPHeaders = [:],
        framing: FileServer.Framing = .length, cut: Int? = nil, _ request: FileServer.Request
    ) -> Self {
        var answer = Self(body: bytes, framing: framing, cut: cut)
        answer.headers = ["ETag": tag, "Content-Type": "application/octet-stream"]
        answer.headers.fields += headers.fields
        guard let offset = request.offset, request.headers["if-range"] == tag else { return answer }
        if offset >= bytes.count {
            answer.status = "416 Range Not Satisfiable"
            answer.headers.fields.append(.init(name: "Content-Range", value: "bytes */\(bytes.count)"))
            answer.body = []
        } else {
            answer.status = "206 Partial Content"
            let range = "bytes \(offset)-\(bytes.count - 1)/\(bytes.count)"
            answer.headers.fields.append(.init(name: "Content-Range", value: range))
            answer.body = Array(bytes[offset...])
        }
        return answer
    }

    static func status(_ status: String, _ headers: HTTPHeaders = [:], body: String = "") -> Self {
        Self(status: status, headers: headers, body: Array(body.utf8))
    }
}
