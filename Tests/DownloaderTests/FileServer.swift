import Glibc
import HTTP

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

    let port: UInt16
    private let listener: Int32
    private let log = Locked<[Request]>([])

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { log.withLock { $0 } }

    /// `answer` is given the request, and how many there were before it.
    init(_ answer: @escaping @Sendable (Request, Int) -> Answer) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe bind(listener, address, size)
                _ = listen(listener, 512)
                _ = unsafe getsockname(listener, address, &size)
            }
            return unsafe UInt16(bigEndian: pointer.pointee.sin_port)
        }
        let log = log
        Self.onThread {
            while case let peer = accept(listener, nil, nil), peer >= 0 {
                Self.onThread { Self.serve(peer, log, answer) }
            }
            close(listener)
        }
    }

    deinit { _ = shutdown(listener, Int32(SHUT_RDWR)) }

    private static func serve(_ peer: Int32, _ log: Locked<[Request]>, _ answer: (Request, Int) -> Answer) {
        defer { close(peer) }
        var unread: [UInt8] = []
        while let request = receive(peer, &unread) {
            let count = log.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
            let reply = answer(request, count)
            send(reply, to: peer)
            if reply.cut != nil || reply.framing == .close { return }
        }
    }

    private static func send(_ answer: Answer, to peer: Int32) {
        var head = "HTTP/1.1 \(answer.status)\r\n"
        for field in answer.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        var body = answer.body
        switch answer.framing {
        case .length:
            if answer.headers["content-length"] == nil { head += "Content-Length: \(body.count)\r\n" }
        case .chunks:
            head += "Transfer-Encoding: chunked\r\n"
            let chunks = stride(from: 0, to: body.count, by: 50).map { body[$0..<min($0 + 50, body.count)] }
            body = chunks.flatMap {
                Array("\(String($0.count, radix: 16))\r\n".utf8) + $0 + Array("\r\n".utf8)
            }
            body += Array("0\r\n\r\n".utf8)
        case .close: head += "Connection: close\r\n"
        }
        let sent = answer.cut.map { Array(body.prefix($0)) } ?? body
        var rest = (Array((head + "\r\n").utf8) + sent)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func receive(_ peer: Int32, _ unread: inout [UInt8]) -> Request? {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let text = String(decoding: unread, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                unread = Array(text[end.upperBound...].utf8)
                return request(text[..<end.lowerBound])
            }
            let count = unsafe recv(peer, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            unread += buffer.prefix(count)
        }
    }

    private static func request(_ head: Substring) -> Request {
        let lines = head.split(separator: "\r\n")
        let path = lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            return HTTPHeaders.Field(name: parts[0], value: String(parts[1].drop { $0 == " " }))
        }
        return Request(path: path, headers: HTTPHeaders(fields))
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
        let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { work in
            if let work = unsafe work { unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
            return nil
        }
        let failed = unsafe pthread_create(&thread, nil, start, work)
        precondition(failed == 0, "no thread for the test server")
        pthread_detach(thread)
    }
}

extension FileServer.Answer {
    /// What a good server answers: a file with a strong tag, and its ranges where the tag is still right.
    static func file(_ bytes: [UInt8], tag: String = "\"v1\"", _ request: FileServer.Request) -> Self {
        var answer = Self()
        answer.headers = ["ETag": tag, "Content-Type": "application/octet-stream"]
        answer.body = bytes
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

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].utf8.starts(with: text.utf8) {
                return index..<utf8.index(index, offsetBy: text.utf8.count)
            }
            utf8.formIndex(after: &index)
        }
        return nil
    }
}
