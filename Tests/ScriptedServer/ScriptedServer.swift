internal import Glibc
package import HTTP
internal import System

/// A server on loopback that treats each connection as a script says, byte for byte.
package final class ScriptedServer: Sendable {
    package struct Request: Sendable, Equatable {
        package var line: String
        package var headers: HTTPHeaders
        package var bytes: [UInt8]
        package var body: String { String(decoding: bytes, as: UTF8.self) }
    }

    package let port: UInt16
    package var url: String { "http://127.0.0.1:\(port)" }
    /// Every request, as it arrives.
    package let arrivals: AsyncStream<Request>
    /// One element for each connection that the client closed.
    package let closings: AsyncStream<Void>

    private let listener: Int32
    private let log = Locked((requests: [Request](), connections: 0))
    private let arrived: AsyncStream<Request>.Continuation
    private let closed: AsyncStream<Void>.Continuation

    package var requests: [Request] { log.withLock { $0.requests } }
    package var connections: Int { log.withLock { $0.connections } }

    /// - Parameter keepsBodies: whether `requests` and `arrivals` have the bodies, which may be large.
    /// - Parameter port: a free one, unless it is given.
    package init(
        port wanted: UInt16 = 0, keepsBodies: Bool = true, _ script: @escaping @Sendable (Peer) -> Void
    ) {
        (arrivals, arrived) = AsyncStream.makeStream()
        (closings, closed) = AsyncStream.makeStream()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = wanted.bigEndian
        var isReused: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
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
                // A program that another test starts must not keep this connection open.
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                log.withLock { $0.connections += 1 }
                onThread {
                    let peer = Peer(socket) { request in
                        var request = request
                        if !keepsBodies { request.bytes = [] }
                        log.withLock { $0.requests.append(request) }
                        arrived.yield(request)
                    } onClose: {
                        closed.yield()
                    }
                    script(peer)
                    peer.close()
                }
            }
            close(listener)
        }
    }

    deinit { _ = Glibc.shutdown(listener, Int32(SHUT_RDWR)) }

    /// Waits until a request has arrived.
    package func nextRequest() async -> Request? { await arrivals.first { _ in true } }

    /// Answers every request of a connection in the same way, and keeps the connection.
    package convenience init(answering answer: String) {
        self.init { peer in
            while peer.receive() != nil { peer.send(answer) }
        }
    }

    package static func answer(_ body: String, status: String = "200 OK", headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }
}
