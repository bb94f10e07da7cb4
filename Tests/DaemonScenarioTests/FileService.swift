import HTTP
import Scratch
import ScriptedServer
import System

/// A service that takes every job and has its outputs ready at once, and whose files come as a script says.
///
/// A job of the model `t/NAME-N` gets N outputs, at `/f/NAME/JOB/1` and so on.
final class FileService: Sendable {
    struct Call: Sendable {
        /// `NAME`, as in the model.
        var name: String
        /// The whole path.
        var path: String
        /// Where the range starts that was asked for.
        var offset: Int?
        /// How often the path was asked for before.
        var before: Int
    }

    let server: ScriptedServer
    private let calls: Locked<[Call]>
    private let moves: Locked<Int>

    /// `file` answers a call; false ends the connection.
    init(_ file: @escaping @Sendable (Call, Peer) -> Bool) {
        let calls = Locked<[Call]>([])
        let (jobs, moves) = (Locked(0), Locked(0))
        (self.calls, self.moves) = (calls, moves)
        server = ScriptedServer { peer in
            while let request = peer.receive() {
                let target = request.line.split(separator: " ")[1].split(separator: "?")[0]
                let path = target.split(separator: "/").map(String.init)
                let host = "http://" + (request.headers["host"] ?? "")
                switch (path.first, path.last) {
                case ("f", _) where path.dropFirst(4).first != Self.place(moves):
                    peer.send(ScriptedServer.answer("", status: "404 Not Found"))
                case ("f", _):
                    let range = request.headers["range"]?.dropFirst("bytes=".count).prefix { $0 != "-" }
                    let call = calls.withLock { calls in
                        let before = calls.count { $0.path == target }
                        calls.append(
                            Call(
                                name: path[1], path: String(target), offset: range.flatMap { Int($0) },
                                before: before))
                        return calls[calls.count - 1]
                    }
                    guard file(call, peer) else { return }
                case (_, "status"): peer.send(ScriptedServer.answer(#"{"status":"completed"}"#))
                case (_, "result"):
                    let parts = path[path.count - 2].split(separator: "-")
                    let place = Self.place(moves).map { "/" + $0 } ?? ""
                    let urls = (1...(Int(parts[1]) ?? 1)).map {
                        #""\#(host)/f/\#(parts[0])/\#(parts[2])/\#($0)\#(place)""#
                    }
                    peer.send(
                        ScriptedServer.answer(
                            #"{"status":"succeeded","output":[\#(urls.joined(separator: ","))]}"#))
                default:
                    let number = jobs.withLock { jobs in
                        jobs += 1
                        return jobs
                    }
                    peer.send(ScriptedServer.answer(#"{"request_id":"\#(path.last ?? "")-\#(number)"}"#))
                }
            }
        }
    }

    /// From now on all files have other addresses, such as `/f/NAME/JOB/1/1`; those given before are gone.
    func move() { moves.withLock { $0 += 1 } }

    /// What the addresses of files end with.
    private static func place(_ moves: Locked<Int>) -> String? {
        let moves = moves.withLock { $0 }
        return moves == 0 ? nil : String(moves)
    }

    /// What was asked of the files whose name this is.
    func calls(_ name: String) -> [Call] { calls.withLock { $0.filter { $0.name == name } } }
}

extension FileService.Call {
    /// Sends the file, or its rest; no more than `most` bytes of it, and then the connection ends.
    func send(_ file: [UInt8], most: Int = .max, to peer: Peer) -> Bool {
        peer.send(head(file) + "\r\n")
        let rest = file[(offset ?? 0)...]
        peer.send(Array(rest.prefix(most)))
        return most >= rest.count
    }

    /// The head of such an answer, without the line that ends it.
    func head(_ file: [UInt8]) -> String {
        let start = offset ?? 0
        let length = "Content-Length: \(file.count - start)\r\nETag: \"v1\"\r\n"
        return offset == nil
            ? "HTTP/1.1 200 OK\r\n" + length
            : "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes \(start)-\(file.count - 1)/\(file.count)\r\n"
                + length
    }

    /// Sends a byte now and then, until the other side has had enough, or the server is healed.
    func drip(_ bytes: some Sequence<UInt8>, to peer: Peer, until isHealed: () -> Bool = { false }) -> Bool {
        for byte in bytes {
            if isHealed() { return false }
            peer.send([byte])
            if peer.isClosed(after: 50) { return false }
        }
        return true
    }
}

/// Small pictures, and large ones that are called so.
enum Picture {
    static let gif =
        Array("GIF89a\u{1}".utf8) + [0, 1, 0, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 0, 0, 0x3B]

    static func gif(of size: Int) -> [UInt8] {
        // Comments may be as long as one likes.
        var file = Array(gif.prefix(13))
        while file.count + 300 < size {
            file += [0x21, 0xFE, 255] + [UInt8](repeating: 0x20, count: 255) + [0]
        }
        return file + gif.dropFirst(13)
    }
}
