internal import System

/// `GET /files/{request_id}/{index}.{ext}`: the outputs, drawn when they are first asked for.
struct FileHandler {
    let world: World

    func answer(_ call: Call) -> Answer {
        world.count(.file)
        if call.authorization != nil { world.statistics.withLock { $0.tokensAtFiles += 1 } }
        let parts = call.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let id = parts.count == 4 ? parts[2] : ""
        let name = (parts.last ?? "").split(separator: ".").map(String.init)
        guard let request = world.read({ book, _ in book[id] }), request.phase == .ended, name.count == 2,
            let index = Int(name[0]), (1...1000).contains(index)
        else { return plain(404, "no such file\n") }
        if let target = call.arguments["to"] { return redirect(to: target) }
        let plan = world.plan(of: request)
        guard name[1] == plan.kind.fileExtension else { return plain(404, "no such file\n") }
        let faults = world.strike(.file, of: request)
        let isFirst = world.read { book, _ in
            book.count(\.downloads, of: id)
            return book[id]?.downloads == 1
        }
        world.statistics.withLock { $0.downloads += 1 }
        if faults[.status]?.value == "416", call.range == nil {
            return file(call, request, index, plan, faults: faults.filter { $0.effect != .status }, isFirst)
        }
        return FaultyAnswer.apply(faults) { file(call, request, index, plan, faults: faults, isFirst) }
    }

    private func file(
        _ call: Call, _ request: Request, _ index: Int, _ plan: OutputPlan, faults: [Fault], _ isFirst: Bool
    ) -> Answer {
        if let fault = faults[.redirect], call.arguments["again"] == nil {
            return redirect(to: fault.value ?? call.base + call.path + "?again=1")
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
                answer = plain(416, "there is nothing at that place\n")
                answer.headers.append(("Content-Range", "bytes */\(bytes.count)"))
                return answer
            }
        }
        answer.bytesPerSecond = world.options.bytesPerSecond
        if changes, isFirst { answer.cutAfter = answer.part.count / 2 }
        return Self.damage(answer, faults)
    }

    /// What the faults of files do to the way in which the bytes are sent.
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
            case .noType: answer.headers.removeAll { $0.name == "Content-Type" }
            case .octetStream:
                answer.headers.removeAll { $0.name == "Content-Type" }
                answer.headers.append(("Content-Type", "application/octet-stream"))
            default: continue
            }
        }
        return answer
    }

    private func bytes(_ request: Request, _ index: Int, _ plan: OutputPlan, variant: Int) -> [UInt8] {
        let name = "\(request.id)/\(index)/\(variant)"
        if let known = world.shelf.withLock({ $0[name] }) { return known }
        let drawn = plan.file(index, variant: variant)
        world.shelf.withLock { $0.put(drawn, as: name) }
        return drawn
    }

    private func redirect(to url: String) -> Answer {
        var answer = plain(302, "")
        answer.headers.append(("Location", url))
        return answer
    }

    private func plain(_ status: Int, _ text: String) -> Answer {
        Answer(status: status, type: "text/plain", bytes: Array(text.utf8))
    }
}
