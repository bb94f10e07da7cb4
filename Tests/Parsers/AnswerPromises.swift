internal import HTTP
internal import JSON
internal import JobModel
internal import Provider

/// The first line is the status and headers; the rest is the body, read as the answer to each of the calls.
enum AnswerPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let head = bytes.prefix { $0 != 0x0A }
        let words = String(decoding: head, as: UTF8.self).split(separator: " ", maxSplits: 1)
        var response = HTTPResponse(
            status: words.first.flatMap { Int($0) } ?? 200, body: Array(bytes.dropFirst(head.count + 1)))
        if words.count > 1 {
            response.headers = ["Retry-After": String(words[1]), "Date": "Sun, 06 Nov 1994 08:49:37 GMT"]
        }
        if let wait = response.retryAfter, wait < .zero || wait > .seconds(3600) {
            return "waits for \(wait)"
        }
        _ = (StatusAnswer.read(response), CancelAnswer.read(response), BalanceAnswer.read(response))
        _ = (CatalogueAnswer.readPage(response), CatalogueAnswer.readModel(response))
        return submission(response) ?? result(response)
    }

    /// Said here once more, so that nobody loosens it by chance.
    private static func isPlain(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                    || byte == 0x2D || byte == 0x5F
            }
    }

    private static func submission(_ response: HTTPResponse) -> String? {
        switch SubmitAnswer.read(response) {
        case .bought(let id, let raw):
            if !isPlain(id) { return "bought under \(id.debugDescription)" }
            if !(200..<300).contains(response.status) { return "bought with \(response.status)" }
            return raw.bytes.count > 1 << 20 ? "keeps too much" : nil
        case .refused(let reason), .unreachable(let reason), .notBought(let reason, _),
            .accountFault(_, let reason):
            // A code of the account is a no by itself; else nothing but these is.
            let isNo = (400..<500).contains(response.status) || (200..<300).contains(response.status)
            let asksForTime = response.status == 503 && response.headers["retry-after"] != nil
            let names = ["400002", "400004"].contains {
                String(decoding: response.body, as: UTF8.self).contains($0)
            }
            if !isNo, !asksForTime, !names { return "\(response.status) is called a no" }
            return reason.utf8.count > 8000 ? "says too much" : nil
        case .uncertain(let reason, _): return reason.utf8.count > 8000 ? "says too much" : nil
        }
    }

    private static func result(_ response: HTTPResponse) -> String? {
        switch ResultAnswer.read(response) {
        case .succeeded(let outputs, let facts):
            if Set(outputs.map(\.url)).count != outputs.count { return "one address twice" }
            if outputs.contains(where: { $0.url.utf8.contains { $0 <= 0x20 || $0 >= 0x7F } || $0.url.isEmpty }
            ) {
                return "a blank in an address"
            }
            if !outputs.contains(where: { $0.url.lowercased().hasPrefix("http") }) {
                return "no address at all"
            }
            for time in [facts.createdAt, facts.startedAt, facts.finishedAt] {
                if let time, Timestamp(time) == nil { return "the time \(time)" }
            }
            return (facts.cost ?? 0) >= 0 && (facts.cost ?? 0).isFinite ? nil : "costs \(facts.cost ?? 0)"
        case .failed(let message, _): return message.utf8.count > 8000 ? "says too much" : nil
        default: return nil
        }
    }
}
