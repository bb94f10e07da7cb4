package import HTTP
package import Media

/// What was found out about a file on a server.
package struct RemoteFinding: Equatable, Sendable {
    package enum Verdict: Equatable, Sendable {
        case found
        /// The server answered without a usable file. In words.
        case refused(String)
        /// The server could not be reached, or cannot answer now. In words.
        case unreachable(String)
    }

    package var verdict: Verdict
    /// The file's size; nil if it is unknown.
    package var bytes: Int64?
    package var facts: MediaFacts?
    /// Why something could not be found out.
    package var remark: String?
    /// How many bytes of the file were transferred.
    package var bytesRead = 0
}

/// Finds out the size, format and dimensions of a file on a server. It requests only the pieces that show
/// them, without a token.
package struct RemoteProbe: Sendable {
    private let client: HTTPClient
    private let connectTimeout: Duration
    private let silenceTimeout: Duration
    private let timeLimit: Duration

    /// Enough for nearly every picture, in about one round trip.
    private static let firstPiece = 16 << 10
    private static let largestPiece = 1 << 20
    private static let mostBytes = 8 << 20
    private static let mostRequests = 24
    private static let mostRedirects = 5

    /// - Parameter timeLimit: for all requests about one file.
    package init(
        client: HTTPClient, connectTimeout: Duration, silenceTimeout: Duration,
        timeLimit: Duration
    ) {
        self.client = client
        self.connectTimeout = connectTimeout
        self.silenceTimeout = silenceTimeout
        self.timeLimit = timeLimit
    }

    package func look(at url: String) async -> RemoteFinding {
        guard let address = WebAddress(url), Self.admits(address, from: address) else {
            return RemoteFinding(verdict: .unreachable("this kind of address is not requested"))
        }
        let deadline = ContinuousClock.now + timeLimit
        var view = RemoteView(address)
        var redirects = 0
        for request in 0..<Self.mostRequests {
            guard let offset = view.missing else { return view.finding() }
            let room = Self.mostBytes - view.pieces.count
            if room <= 0 { break }
            let length = min(Self.firstPiece << (2 * request), Self.largestPiece, room)
            switch await ask(view, at: offset, length: length, most: room, until: deadline) {
            case .redirect(let target):
                redirects += 1
                guard let next = target.flatMap(view.address.resolving) else {
                    return RemoteFinding(verdict: .refused("the server redirects but names no address"))
                }
                guard Self.admits(next, from: address) else {
                    return RemoteFinding(
                        verdict: .refused("the server redirects to \(next.host), but not by https"))
                }
                if redirects > Self.mostRedirects {
                    return RemoteFinding(verdict: .refused("the server redirects too often"))
                }
                view.address = next
            case .piece(let piece): view.add(piece, at: offset)
            case .end(let verdict): return view.finding(verdict)
            }
        }
        return view.finding(remark: "it is not in the \(view.pieces.count) bytes that were read")
    }

    /// https; or http, if the first address is on this machine too.
    private static func admits(_ address: WebAddress, from first: WebAddress) -> Bool {
        address.scheme == "https" || (address.isLoopback && first.isLoopback)
    }

    private enum Answer {
        case redirect(String?)
        case piece(RemotePiece)
        case end(RemoteFinding.Verdict)
    }

    private func ask(
        _ view: RemoteView, at offset: Int64, length: Int, most: Int, until deadline: ContinuousClock.Instant
    ) async -> Answer {
        let sink = PieceSink(at: offset, length: length, most: most) { beginning in
            var known = FilePieces()
            known.add(beginning, at: 0)
            return RemoteView.isEnough(known)
        }
        let request = HTTPRequest(
            url: view.address.text,
            headers: [
                "Range": "bytes=\(offset)-\(offset + Int64(length) - 1)", "Accept-Encoding": "identity",
            ],
            connectTimeout: connectTimeout, answerTimeout: deadline - ContinuousClock.now,
            silenceTimeout: silenceTimeout)
        do throws(HTTPError) {
            let head = try await client.download(request, into: sink)
            return .piece(RemotePiece(head, sink.bytes, isCut: false))
        } catch {
            switch error {
            case .sinkFailed(let head) where sink.isFull:
                return .piece(RemotePiece(head, sink.bytes, isCut: true))
            case .sinkFailed(let head): return Self.judge(head, at: offset)
            // The bytes before the cut may be enough. If the server sends ranges, the rest is requested.
            case .noAnswer(_, let head?) where sink.hasEnough || (head.status == 206 && !sink.bytes.isEmpty):
                return .piece(RemotePiece(head, sink.bytes, isCut: true))
            default: return .end(.unreachable("\(error)"))
            }
        }
    }

    /// An answer that does not contain the piece.
    private static func judge(_ head: HTTPResponse, at offset: Int64) -> Answer {
        switch head.status {
        case 301, 302, 303, 307, 308: .redirect(head.headers["location"])
        // There is no range in an empty file, nor after the end.
        case 416 where offset > 0 || ContentRange(head.headers["content-range"])?.total == 0:
            .piece(RemotePiece(head, [], isCut: false))
        case 408, 416, 425, 429: .end(.unreachable("the server answered \(head.status)"))
        case 200, 203, 206: .end(.unreachable("the server sent a different piece from the one requested"))
        case 201..<300: .end(.refused("the server answered \(head.status), without the file"))
        case 400..<500: .end(.refused("the server answered \(head.status)"))
        default: .end(.unreachable("the server answered \(head.status)"))
        }
    }
}
