internal import Downloader
internal import HTTP
internal import JobModel
internal import Media
internal import System

/// A file of these bytes is looked at as each kind of output, and piece by piece as a server sends it.
enum MediaPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        guard let file = try? FileDescriptor.inMemory(bytes) else { return nil }
        for kind in [Output.Kind.image, .file] {
            guard let content = FileBytes(file) else { return "cannot be opened" }
            let hint = ContentHint(kind: kind, declaredType: nil, url: "https://h.test/a/b.c")
            guard case .accepted(let facts) = MediaProbe.verdict(on: content, hint) else { continue }
            let sizes = [facts.width, facts.height].compactMap { $0 }
            if sizes.contains(where: { !(1...1_000_000).contains($0) }) { return "is \(sizes)" }
            if let duration = facts.duration, !duration.isFinite || duration < 0 {
                return "lasts \(duration)"
            }
            if facts.fileExtension.isEmpty || facts.fileExtension.utf8.contains(0x2F) {
                return "has no extension"
            }
        }
        _ = FileBytes(file).map(MediaProbe.wholeness(of:))
        return brokenInPieces(bytes, file)
    }

    /// Whoever asks for what is missing comes to an end, and sees no other picture than in the whole file.
    private static func brokenInPieces(_ bytes: [UInt8], _ file: FileDescriptor) -> String? {
        guard let address = WebAddress("https://h.test/a") else { return "has no address" }
        var view = RemoteView(address)
        var steps = 0
        while let offset = view.missing {
            steps += 1
            if steps > 10_000 { return "is asked for without end" }
            guard offset == 0 || offset < Int64(bytes.count) else { return "is asked for behind its end" }
            let piece = Array(bytes.dropFirst(Int(offset)).prefix(5000))
            let range = "bytes \(offset)-\(offset + Int64(piece.count) - 1)/\(bytes.count)"
            let head = HTTPResponse(
                status: bytes.isEmpty ? 200 : 206, headers: bytes.isEmpty ? [:] : ["Content-Range": range])
            view.add(RemotePiece(head, piece, isCut: false), at: offset)
        }
        let hint = ContentHint(kind: .file, declaredType: nil, url: "")
        guard let content = FileBytes(file),
            case .accepted(let whole) = MediaProbe.verdict(on: content, hint), whole.kind == .image
        else { return nil }
        let facts = view.finding().facts
        return facts?.width == whole.width && facts?.height == whole.height ? nil : "is another in pieces"
    }
}
