internal import Configuration
internal import Downloader
internal import HTTP
internal import JSON
internal import JobModel
internal import Media

/// What `jobctl validate --fetch` asks about files. The token is not sent.
struct MediaQuestion {
    let configuration: Configuration
    let http: HTTPClient

    private static let parallelLimit = 8

    /// The answers are in the order of the addresses.
    func ask(about addresses: [String]) async -> [JSON] {
        let probe = RemoteProbe(
            client: http, connectTimeout: configuration.connectTimeout,
            silenceTimeout: configuration.silenceTimeout, timeLimit: configuration.answerTimeout)
        var findings = [RemoteFinding?](repeating: nil, count: addresses.count)
        await withTaskGroup(of: (Int, RemoteFinding).self) { group in
            for (index, address) in addresses.enumerated() {
                if index >= Self.parallelLimit, let (done, finding) = await group.next() {
                    findings[done] = finding
                }
                group.addTask { (index, await probe.look(at: address)) }
            }
            for await (done, finding) in group { findings[done] = finding }
        }
        return zip(addresses, findings).compactMap { address, finding in
            finding.map { Self.json(address, $0) }
        }
    }

    private static func json(_ address: String, _ finding: RemoteFinding) -> JSON {
        let (verdict, reason): (String, String?) =
            switch finding.verdict {
            case .found: ("found", finding.remark)
            case .refused(let reason): ("refused", reason)
            case .unreachable(let reason): ("unreachable", reason)
            }
        return .object([
            "url": .string(address), "verdict": .string(verdict), "reason": .optional(reason),
            "bytes": .optional(finding.bytes), "kind": .optional(finding.facts?.kind.rawValue),
            "media_type": .optional(finding.facts?.mediaType),
            "width": .optional(finding.facts?.width.map(Int64.init)),
            "height": .optional(finding.facts?.height.map(Int64.init)),
            "duration_s": .optional(finding.facts?.duration), "bytes_read": .integer(finding.bytesRead),
        ])
    }
}
