internal import System

/// `GET /files/{request_id}/[{mark}/]{index}.{ext}`: the outputs, made when they are first asked for.
extension Service {
    /// The mark of an address that is named now.
    func mark() -> String { addresses.withLock { [clock] in $0.mark(at: clock.now) } }

    func file(_ call: Call) -> Answer {
        count(.file)
        if call.authorization != nil { statistics.withLock { $0.tokensAtFiles += 1 } }
        let parts = call.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let id = (4...5).contains(parts.count) ? parts[2] : ""
        let name = (parts.last ?? "").split(separator: ".").map(String.init)
        guard let request = withBook({ book, _ in book[id] }), request.phase == .ended, name.count == 2,
            let index = Int(name[0]), (1...1000).contains(index)
        else { return .text(404, "no such file\n") }
        let mark = parts.count == 5 ? parts[3] : nil
        guard addresses.withLock({ $0.isServed(mark, at: clock.now) }) else {
            return .text(403, "the address has expired\n")
        }
        if let target = call.arguments["to"] { return Self.redirect(to: target) }
        let plan = plan(of: request)
        guard name[1] == plan.kind.fileExtension else { return .text(404, "no such file\n") }
        var faults = strike(.file, of: request)
        let downloads = withBook { book, _ in book.request(id, counting: \.downloads)?.downloads }
        statistics.withLock { $0.downloads += 1 }
        if faults[.status]?.value == "416", call.range == nil { faults.removeAll { $0.effect == .status } }
        return faults.spoil(
            faults.replacement?.answer
                ?? file(call, request, index, plan, faults: faults, isFirst: downloads == 1))
    }

    private func file(
        _ call: Call, _ request: Request, _ index: Int, _ plan: OutputPlan, faults: [Fault], isFirst: Bool
    ) -> Answer {
        if let fault = faults[.redirect], call.arguments["again"] == nil {
            return Self.redirect(to: fault.value ?? call.base + call.path + "?again=1")
        }
        let changes = faults.contains(.changed)
        let variant = changes && !isFirst ? 1 : 0
        let bytes = faults.contains(.empty) ? [] : bytes(request, index, plan, variant: variant)
        var answer = Answer(status: 200, type: plan.kind.mediaType, bytes: bytes)
        let tag = "\"\(request.id)-\(index)-\(variant)\""
        let modified = UTCTime(request.endedAt ?? 0).http
        answer.headers += [("ETag", tag), ("Last-Modified", modified)]
        if !faults.contains(.noRanges) {
            answer.headers.append(("Accept-Ranges", "bytes"))
            let mayResume = call.ifRange.map { $0 == tag || $0 == modified } ?? true
            switch ByteRange(mayResume ? call.range : nil, size: bytes.count) {
            case .whole: break
            case .part(let part):
                answer.status = 206
                answer.part = part
                let span = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(bytes.count)"
                answer.headers.append(("Content-Range", span))
            case .unsatisfiable:
                answer = .text(416, "the file has no such range\n")
                answer.headers.append(("Content-Range", "bytes */\(bytes.count)"))
                return answer
            }
        }
        answer.bytesPerSecond = options.bytesPerSecond
        if changes, isFirst { answer.cutAfter = answer.part.count / 2 }
        return Self.damage(answer, faults)
    }

    /// Applies the faults that concern the way in which a file is sent.
    private static func damage(_ whole: Answer, _ faults: [Fault]) -> Answer {
        var answer = whole
        for fault in faults {
            let bytes = fault.value.flatMap(Quantity.bytes)
            switch fault.effect {
            case .cut: answer.cutAfter = bytes
            case .drip: answer.bytesPerSecond = bytes ?? 1024
            case .short: answer.part = answer.part.prefix(bytes ?? 0)
            case .chunked: answer.length = .chunked
            case .noLength: answer.length = .untilClose
            case .wrongLength: answer.length = .announced(answer.part.count + 1000)
            case .truncateNoLength:
                answer.length = .untilClose
                answer.part = answer.part.prefix(answer.part.count / 2)
            case .noType, .octetStream:
                answer.headers.removeAll { $0.name == "Content-Type" }
                if fault.effect == .noType { continue }
                answer.headers.append(("Content-Type", "application/octet-stream"))
            default: continue
            }
        }
        return answer
    }

    private func bytes(_ request: Request, _ index: Int, _ plan: OutputPlan, variant: Int) -> [UInt8] {
        let name = "\(request.id)/\(index)/\(variant)"
        if let known = files.withLock({ $0[name] }) { return known }
        let made = plan.file(index, variant: variant)
        files.withLock { $0.put(made, as: name) }
        return made
    }

    private static func redirect(to url: String) -> Answer {
        var answer = Answer.text(302, "")
        answer.headers.append(("Location", url))
        return answer
    }
}

/// The `Range` header, as far as it is supported: one range of bytes.
private enum ByteRange {
    /// For no range, several, or one that cannot be read.
    case whole
    case part(Range<Int>)
    case unsatisfiable

    init(_ header: String?, size: Int) {
        self = .whole
        guard let header, header.hasPrefix("bytes=") else { return }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }) else {
            return
        }
        switch (Int(ends[0]), Int(ends[1])) {
        case (let first?, nil) where ends[1].isEmpty:
            self = first < size ? .part(first..<size) : .unsatisfiable
        case (let first?, let last?) where first <= last:
            self = first < size ? .part(first..<min(last + 1, size)) : .unsatisfiable
        case (nil, let count?) where ends[0].isEmpty:
            self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
        default: return
        }
    }
}

/// Keeps the files that were made last, so that ranges and repeated downloads do not make them again.
struct FileCache {
    private let capacity = 64 << 20
    private var files: [String: [UInt8]] = [:]
    private var order: [String] = []
    private var bytes = 0

    subscript(name: String) -> [UInt8]? { files[name] }

    mutating func put(_ file: [UInt8], as name: String) {
        guard files.updateValue(file, forKey: name) == nil else { return }
        order.append(name)
        bytes += file.count
        while bytes > capacity, order.count > 1 {
            bytes -= files.removeValue(forKey: order.removeFirst())?.count ?? 0
        }
    }
}
