import Dispatch
import Glibc

@testable import HTTP

/// A server on loopback that does to each connection what a script says, byte for byte.
final class ScriptedServer: Sendable {
    struct Request: Sendable, Equatable {
        var line: String
        var headers: HTTPHeaders
        var body: String
    }

    let port: UInt16
    var url: String { "http://127.0.0.1:\(port)" }
    /// Every request, as it arrives.
    let arrivals: AsyncStream<Request>
    /// One element for each connection that the client closed.
    let closings: AsyncStream<Void>

    private let listener: Int32
    private let log = Locked((requests: [Request](), connections: 0, open: 0, mostOpen: 0))
    private let arrived: AsyncStream<Request>.Continuation
    private let closed: AsyncStream<Void>.Continuation

    var requests: [Request] { log.withLock { $0.requests } }
    var connections: Int { log.withLock { $0.connections } }
    var mostOpen: Int { log.withLock { $0.mostOpen } }

    init(_ script: @escaping @Sendable (Peer) -> Void) {
        (arrivals, arrived) = AsyncStream.makeStream()
        (closings, closed) = AsyncStream.makeStream()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(listener, address, size)
                _ = listen(listener, 512)
                _ = getsockname(listener, address, &size)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        self.listener = listener
        let (log, arrived, closed) = (log, arrived, closed)
        onThread {
            while case let socket = accept(listener, nil, nil), socket >= 0 {
                log.withLock { log in
                    log.connections += 1
                    log.open += 1
                    log.mostOpen = max(log.mostOpen, log.open)
                }
                onThread {
                    let peer = Peer(socket) { request in
                        log.withLock { $0.requests.append(request) }
                        arrived.yield(request)
                    } onClose: {
                        closed.yield()
                    }
                    script(peer)
                    log.withLock { $0.open -= 1 }
                    peer.close()
                }
            }
            close(listener)
        }
    }

    deinit { _ = Glibc.shutdown(listener, Int32(SHUT_RDWR)) }

    /// Waits until a request has arrived.
    func nextRequest() async -> Request? { await arrivals.first { _ in true } }

    /// Answers every request of a connection in the same way, and keeps the connection.
    convenience init(answering answer: String) {
        self.init { peer in
            while peer.receive() != nil { peer.send(answer) }
        }
    }

    static func answer(_ body: String, status: String = "200 OK", headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }
}

/// One connection, as the script sees it.
final class Peer {
    private var socket: Int32
    private var unread: [UInt8] = []
    private let onRequest: (ScriptedServer.Request) -> Void
    private let onClose: () -> Void

    init(
        _ socket: Int32, onRequest: @escaping (ScriptedServer.Request) -> Void, onClose: @escaping () -> Void
    ) {
        self.socket = socket
        self.onRequest = onRequest
        self.onClose = onClose
    }

    /// The next request; nil once the client has closed.
    func receive() -> ScriptedServer.Request? {
        guard let head = take(until: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = head.split(separator: "\r\n")
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers.fields.append(
                HTTPHeaders.Field(name: String(parts[0]), value: String(parts.last?.dropFirst() ?? "")))
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while unread.count < length { guard fill() else { return nil } }
        let body = String(decoding: unread.prefix(length), as: UTF8.self)
        unread.removeFirst(length)
        let request = ScriptedServer.Request(line: String(lines.first ?? ""), headers: headers, body: body)
        onRequest(request)
        return request
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Ends the connection as a crashed process does, with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    func close() {
        if socket >= 0 { _ = Glibc.close(socket) }
        socket = -1
    }

    private func take(until end: [UInt8]) -> String? {
        while true {
            if unread.count >= end.count {
                for start in 0...(unread.count - end.count) where unread[start...].starts(with: end) {
                    defer { unread.removeFirst(start + end.count) }
                    return String(decoding: unread[..<start], as: UTF8.self)
                }
            }
            guard fill() else { return nil }
        }
    }

    private func fill() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &buffer, buffer.count, 0)
        if count <= 0 { onClose() }
        guard count > 0 else { return false }
        unread += buffer.prefix(count)
        return true
    }
}

/// Runs something that blocks on a thread of its own, away from the tasks' few threads.
func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body)).toOpaque()
    let failed = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, work)
    precondition(failed == 0, "no thread for the test server")
    pthread_detach(thread)
}

/// The error that a request ends with; nil where it is answered.
func failure(of request: HTTPRequest, _ client: HTTPClient) async -> HTTPError? {
    do throws(HTTPError) {
        _ = try await client.send(request)
        return nil
    } catch {
        return error
    }
}
