package import HTTP
internal import Outputs

/// Fetches outputs: to a temporary name, resumed where that is safe, checked, synced, then renamed.
///
/// How many run at once is the caller's business.
package struct Downloader: Sendable {
    /// May be replaced while downloads run; each keeps the settings that it started with.
    package var settings: DownloadSettings

    let space: SpaceKeeper
    let pool: BlockingPool
    let directories = OpenDirectories()
    let syncs: SharedSync
    private let client: HTTPClient

    /// Longer chains of redirects lead nowhere.
    private static let mostRedirects = 5

    package init(client: HTTPClient, settings: DownloadSettings, space: SpaceKeeper = SpaceKeeper()) {
        self.client = client
        self.settings = settings
        self.space = space
        pool = BlockingPool()
        syncs = SharedSync(pool)
    }

    /// Fetches one output and gives it its final name. What has come when this fails is kept for the next
    /// try, unless it is no output at all.
    package func fetch(_ order: DownloadOrder) async throws(DownloadFailure) -> DownloadedFile {
        let policy = HostPolicy(settings)
        let address = try policy.admit(WebAddress(order.url))
        let (settings, space, directories) = (settings, space, directories)
        let sink = try await pool.run { () throws(DownloadFailure) in
            let part = try PartialFile(order, settings.access, directories)
            let claim = space.claim(part.file, keeping: settings.minimumFree)
            let sink = DownloadSink(
                part, claim, limit: settings.maximumBytes, didProgress: order.didProgress)
            try sink.takeUp(expecting: order.expectedBytes)
            return sink
        }
        do throws(DownloadFailure) {
            let doubt = try await receive(order, into: sink, from: address, policy)
            var file = try await place(order, sink)
            file.doubt = doubt
            return file
        } catch {
            // What cannot be removed now is judged again, without a request, and ends here again.
            let isBad = if case .badContent = error { true } else { false }
            try? await pool.run { () throws(DownloadFailure) in
                if isBad, (try? sink.part.remove()) != nil { return }
                sink.part.keepNote()
            }
            order.didKeep(isBad ? 0 : sink.kept, sink.total)
            throw error
        }
    }

    /// What an answer asks for next.
    private enum Turn {
        /// With the doubt that was settled, where there was one.
        case whole(doubt: String? = nil)
        case redirect(WebAddress)
        /// The next part.
        case goOn
        case startOver
        case decode
    }

    /// - Returns: the doubt about the end of the file that was settled, where there was one.
    private func receive(
        _ order: DownloadOrder, into sink: DownloadSink, from first: WebAddress, _ policy: HostPolicy
    ) async throws(DownloadFailure) -> String? {
        var address = first
        var redirects = 0
        var startsOver = 0
        while !sink.hasAll {
            switch try await ask(address, order, sink, policy) {
            case .whole(let doubt): return doubt
            case .redirect(let next):
                redirects += 1
                if redirects > Self.mostRedirects { throw .badContent("the server redirects without end") }
                address = next
            case .decode: sink.decodes = true
            // Each part brings bytes, so that this ends.
            case .goOn: break
            case .startOver:
                startsOver += 1
                if startsOver > 1 {
                    throw .network("the server's parts do not belong together", retryAfter: nil)
                }
                try await pool.run { () throws(DownloadFailure) in try sink.startOver() }
            }
        }
        return nil
    }

    private func ask(
        _ address: WebAddress, _ order: DownloadOrder, _ sink: DownloadSink, _ policy: HostPolicy
    ) async throws(DownloadFailure) -> Turn {
        var request = HTTPRequest(
            url: address.text, headers: ["Accept-Encoding": "identity"],
            connectTimeout: settings.connectTimeout, answerTimeout: nil,
            silenceTimeout: settings.silenceTimeout, publicAddressesOnly: !policy.isOwn(address))
        request.decodesBody = sink.decodes
        request.givesWay = order.givesWay
        let asksForRest = sink.offset > 0
        if asksForRest, let validator = sink.part.proof?.validator {
            request.headers.fields += [
                HTTPHeaders.Field(name: "Range", value: "bytes=\(sink.offset)-"),
                HTTPHeaders.Field(name: "If-Range", value: validator),
            ]
        }
        do throws(HTTPError) {
            _ = try await client.download(request, into: sink)
        } catch {
            guard case .sinkFailed(let head) = error else { throw Self.failure(error) }
            if let failure = sink.reasonToEnd { throw failure }
            return try judge(head, sink, address, policy)
        }
        return try await atEnd(order, sink)
    }

    /// The connection ended as it should: so must the file.
    private func atEnd(_ order: DownloadOrder, _ sink: DownloadSink) async throws(DownloadFailure) -> Turn {
        if sink.hasAll { return .whole() }
        if sink.total != nil, sink.hasWholePart { return .goOn }
        if let total = sink.total {
            throw .network("the server sent \(sink.file.size) of \(total) bytes", retryAfter: nil)
        }
        return try await pool.run { () throws(DownloadFailure) -> Turn in
            guard let file = FileBytes(sink.part.file) else {
                throw .disk("cannot read \(sink.part.name.part)")
            }
            if !sink.decodes, sink.encoding.isSeen(in: file) { return .decode }
            // It was only called encoded: the length that was told is the file's.
            if !sink.decodes, sink.answerLength == file.size { return .whole() }
            // What is no output is none, whether whole or not.
            if case .refused = MediaProbe.verdict(on: file, sink.part.hint(order)) { return .whole() }
            return try Self.settle(MediaProbe.wholeness(of: file), sink)
        }
    }

    /// Nobody told a length: the format's own end has to show, or the same answer has to come twice, since
    /// then the server has no more.
    private static func settle(_ wholeness: Wholeness, _ sink: DownloadSink) throws(DownloadFailure) -> Turn {
        if wholeness == .whole { return .whole() }
        let end = wholeness == .unknown ? "its format shows no end" : "its own end is missing"
        let hash = sink.file.sha256
        if sink.part.doubted == hash {
            return .whole(doubt: "no length was told and \(end); the same answer came twice")
        }
        try sink.part.doubt(hash)
        throw .network("no length was told and \(end): the same answer once more settles it", retryAfter: nil)
    }

    /// An answer without the file in it.
    private func judge(
        _ head: HTTPResponse, _ sink: DownloadSink, _ address: WebAddress, _ policy: HostPolicy
    ) throws(DownloadFailure) -> Turn {
        switch head.status {
        case 301, 302, 303, 307, 308:
            guard let location = head.headers["location"] else {
                throw .badContent("the server redirects, and does not say where to")
            }
            return .redirect(try policy.admit(address.resolving(location)))
        case 206 where sink.offset > 0: return .startOver
        case 416 where sink.offset > 0:
            guard let total = ContentRange(head.headers["content-range"])?.total, total == sink.offset,
                sink.total ?? total == total
            else { return .startOver }
            return .whole()
        case 403, 404, 410: throw .badAnswer(status: head.status)
        case 201...299: throw .badContent("the server answered \(head.status), without the file")
        default: throw .network("the server answered \(head.status)", retryAfter: head.retryAfter)
        }
    }

    private static func failure(_ error: HTTPError) -> DownloadFailure {
        switch error {
        case .cancelled: .cancelled
        case .gaveWay: .gaveWay
        case .refusedAddress, .badRequest: .refusedHost(error.description)
        default: .network(error.description, retryAfter: nil)
        }
    }
}
