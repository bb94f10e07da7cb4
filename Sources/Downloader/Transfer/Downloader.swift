package import HTTP
internal import Media
internal import Outputs
internal import System

/// Fetches outputs under a temporary name, resuming if that is safe; then checks, syncs and renames them.
///
/// The caller limits how many run at once.
package struct Downloader: Sendable {
    /// May be replaced while downloads run: each keeps the settings with which it started.
    package var settings: DownloadSettings

    let space: SpaceKeeper
    let pool: BlockingPool
    let directories = OpenDirectories()
    let syncs: SharedSync
    let client: HTTPClient

    /// Longer chains of redirects lead nowhere.
    static let mostRedirects = 5

    package init(client: HTTPClient, settings: DownloadSettings, space: SpaceKeeper = SpaceKeeper()) {
        self.client = client
        self.settings = settings
        self.space = space
        pool = BlockingPool()
        syncs = SharedSync(pool)
    }

    /// Fetches one output and gives it its final name. If this fails, the bytes so far are kept for the next
    /// try, unless they cannot be an output.
    package func fetch(_ order: DownloadOrder) async throws(DownloadFailure) -> DownloadedFile {
        let policy = HostPolicy(settings)
        let address = try policy.admit(WebAddress(order.url))
        let (settings, space, directories) = (settings, space, directories)
        let sink = try await pool.run { () throws(DownloadFailure) in
            let part = try PartialFile(order, settings.access, directories)
            let claim = space.claim(part.file, keeping: settings.minimumFree)
            let sink = DownloadSink(
                part, claim, limit: settings.maximumBytes, didProgress: order.didProgress)
            try sink.resume(expecting: order.expectedBytes)
            return sink
        }
        do throws(DownloadFailure) {
            let doubt = try await receive(order, into: sink, from: address, policy)
            var file = try await giveFinalName(order, sink)
            file.doubt = doubt
            return file
        } catch {
            // If it cannot be removed, the next try judges it again, without a request.
            let isBad = if case .badContent = error { true } else { false }
            try? await pool.run { () throws(DownloadFailure) in
                if isBad, (try? sink.part.remove()) != nil { return }
                sink.part.keepNote()
            }
            order.didKeep(isBad ? 0 : sink.kept, sink.total)
            throw error
        }
    }

    /// What follows from an answer.
    private enum NextStep {
        /// With the doubt that was settled, if there was one.
        case whole(doubt: String? = nil)
        case redirect(WebAddress)
        case nextPart
        case startOver
        case decode
    }

    /// - Returns: the doubt about the end of the file that was settled, if there was one.
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
                if redirects > Self.mostRedirects { throw .badContent("the server redirects too often") }
                address = next
            case .decode: sink.decodes = true
            // Each part brings bytes, so this ends.
            case .nextPart: break
            case .startOver:
                startsOver += 1
                if startsOver > 1 {
                    throw .network("the parts that the server sent are not of one file", retryAfter: nil)
                }
                try await pool.run { () throws(DownloadFailure) in try sink.startOver() }
            }
        }
        return nil
    }

    private func ask(
        _ address: WebAddress, _ order: DownloadOrder, _ sink: DownloadSink, _ policy: HostPolicy
    ) async throws(DownloadFailure) -> NextStep {
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

    /// The connection ended properly. The file must end properly as well.
    private func atEnd(_ order: DownloadOrder, _ sink: DownloadSink) async throws(DownloadFailure) -> NextStep
    {
        if sink.hasAll { return .whole() }
        if sink.total != nil, sink.hasWholePart { return .nextPart }
        if let total = sink.total {
            throw .network("the server sent \(sink.file.size) of \(total) bytes", retryAfter: nil)
        }
        return try await pool.run { () throws(DownloadFailure) -> NextStep in
            guard let file = FileBytes(sink.part.file) else {
                throw .disk("cannot read \(sink.part.name.part)")
            }
            if !sink.decodes, sink.encoding.isSeen(in: file) { return .decode }
            // It was only called encoded, so the length that was given is that of the file.
            if !sink.decodes, sink.answerLength == file.size { return .whole() }
            // What is no output fails later, complete or not.
            if case .refused = MediaProbe.verdict(on: file, sink.part.hint(order)) { return .whole() }
            return try Self.settle(MediaProbe.wholeness(of: file), sink)
        }
    }

    /// Without a length, the file must reach its format's own end, or the same answer must come twice: then
    /// the server has no more.
    private static func settle(_ wholeness: Wholeness, _ sink: DownloadSink) throws(DownloadFailure)
        -> NextStep
    {
        if wholeness == .whole { return .whole() }
        let end = "the end of the file \(wholeness == .unknown ? "cannot be recognized" : "is missing")"
        let hash = try sink.sha256
        if sink.part.doubted == hash {
            return .whole(doubt: "the server gave no length and \(end), but the same answer came twice")
        }
        try sink.part.doubt(hash)
        throw .network(
            "the server gave no length and \(end): if the next answer is the same, the file is complete",
            retryAfter: nil)
    }

    /// An answer that does not contain the file.
    private func judge(
        _ head: HTTPResponse, _ sink: DownloadSink, _ address: WebAddress, _ policy: HostPolicy
    ) throws(DownloadFailure) -> NextStep {
        switch head.status {
        case 301, 302, 303, 307, 308:
            guard let location = head.headers["location"] else {
                throw .badContent("the server redirects but names no address")
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
