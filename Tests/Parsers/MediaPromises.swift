internal import Downloader
internal import Glibc

/// A file of these bytes is looked at as each kind of output.
enum MediaPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        var name = Array("/tmp/jobd-fuzz-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        guard file >= 0 else { return nil }
        defer { close(file) }
        unlink(name)
        guard bytes.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == bytes.count else {
            return nil
        }
        for kind in [MediaKind.image, .file] {
            guard let content = FileBytes(descriptor: file) else { return "cannot be opened" }
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
        _ = FileBytes(descriptor: file).flatMap(MediaProbe.isWhole)
        return nil
    }
}
