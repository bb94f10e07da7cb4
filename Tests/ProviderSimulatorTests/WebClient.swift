import Glibc
import JSON

/// What came back over the wire.
struct Reply {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    /// Whether as much came as was announced.
    var isWhole: Bool

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { (try? JSON(parsing: body)) ?? .null }
}

/// One request a connection, over a plain socket, and nothing that a grown-up client would smooth over.
struct WebClient {
    var port: UInt16
    var token: String? = "secret"
    /// Whatever serves, so that it lives as long as its client.
    var server: (any AnyObject)?

    func get(_ path: String, _ headers: [String] = [], method: String = "GET") -> Reply? {
        send(method, path, headers, nil)
    }

    func post(_ path: String, _ body: String = "") -> Reply? { send("POST", path, [], body) }

    /// nil when the connection ends without an answer, or none comes in time.
    func send(_ method: String, _ path: String, _ extra: [String], _ body: String?, patience: Int = 20)
        -> Reply?
    {
        let socket = connection(patience: patience)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + extra
        if let token { lines.append("Authorization: Bearer \(token)") }
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")).utf8)
        guard
            unsafe request.withUnsafeBytes({
                unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }) == request.count
        else { return nil }
        return Self.parse(Self.readAll(socket), method: method)
    }

    private func connection(patience: Int) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let isConnected = unsafe withUnsafePointer(to: &place) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return socket }
        close(socket)
        return -1
    }

    private static func readAll(_ socket: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe recv(socket, $0.baseAddress, $0.count, 0)
            }
            if count <= 0 { return all }
            all += piece[..<count]
        }
    }

    private static func parse(_ bytes: [UInt8], method: String) -> Reply? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return nil
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            if halves.count == 2 { headers[halves[0].lowercased()] = String(halves[1].drop { $0 == " " }) }
        }
        var body = Array(bytes[end.upperBound...])
        var isWhole = true
        if headers["transfer-encoding"] == "chunked" {
            (body, isWhole) = joined(chunks: body)
        } else if let length = headers["content-length"], method != "HEAD" {
            isWhole = body.count == Int(length)
        }
        return Reply(status: status, headers: headers, body: body, isWhole: isWhole)
    }

    private static func joined(chunks: [UInt8]) -> (body: [UInt8], isWhole: Bool) {
        var body: [UInt8] = []
        var rest = chunks[...]
        while let end = rest.firstRange(of: Array("\r\n".utf8)),
            let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16),
            end.upperBound + size + 2 <= rest.endIndex
        {
            if size == 0 { return (body, true) }
            body += rest[end.upperBound..<end.upperBound + size]
            rest = rest[(end.upperBound + size + 2)...]
        }
        return (body, false)
    }
}
