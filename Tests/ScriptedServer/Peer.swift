internal import Glibc
internal import HTTP

/// One connection, as the script sees it.
package final class Peer {
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
    package func receive() -> ScriptedServer.Request? { receive(body: true) }

    /// The same before its body has come.
    package func receiveHead() -> ScriptedServer.Request? { receive(body: false) }

    private func receive(body hasBody: Bool) -> ScriptedServer.Request? {
        guard let head = take(until: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = head.split(separator: "\r\n")
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers.fields.append(
                HTTPHeaders.Field(name: String(parts[0]), value: String(parts.last?.dropFirst() ?? "")))
        }
        let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        if unread.count < length, headers["expect"] != nil { send("HTTP/1.1 100 Continue\r\n\r\n") }
        while unread.count < length { guard fill() else { return nil } }
        let body = Array(unread.prefix(length))
        unread.removeFirst(length)
        let request = ScriptedServer.Request(line: String(lines.first ?? ""), headers: headers, bytes: body)
        onRequest(request)
        return request
    }

    package func send(_ text: String) { send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Whether the client has closed, by the end of so many milliseconds.
    package func isClosed(after milliseconds: Int32) -> Bool {
        var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&wait, 1, milliseconds) > 0
    }

    /// Ends the connection as a crashed process does, with a reset.
    package func reset() {
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
