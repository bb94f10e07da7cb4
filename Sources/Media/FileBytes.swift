package import System

/// The bytes of a file, read on demand and only as often as a budget allows. The file is open, or is here in
/// pieces only.
///
/// So a reader that hops through a hostile file ends: once the budget is used up, each question is answered
/// as if the file ended there, and `isExhausted` is set.
package final class FileBytes {
    package let size: Int64
    private let source: Source
    private var readsLeft: Int
    private var page: [UInt8] = []
    private var pageStart: Int64 = 0
    /// The error of a read that failed: then what was not found may still be there.
    package private(set) var fault: SystemError?
    package private(set) var isExhausted = false
    /// Of a file in pieces: the first offset that was asked for and is in none of them.
    package private(set) var missing: Int64?

    private enum Source {
        case file(FileDescriptor)
        case pieces(FilePieces)
    }

    private static let pageSize = 4096

    /// Nil if this is not an ordinary file, or its size cannot be read.
    package init?(_ file: FileDescriptor, reads: Int = 8_000) {
        guard let status = try? file.status(), status.isFile else { return nil }
        source = .file(file)
        size = status.size
        readsLeft = reads
    }

    /// A file of unknown size is treated as endless: what is not here is missing, not past the end.
    package init(_ pieces: FilePieces, reads: Int = 8_000) {
        source = .pieces(pieces)
        size = pieces.size ?? Int64.max / 2
        readsLeft = reads
    }

    /// The `count` bytes at `offset`; nil if the file ends before the last of them.
    func bytes(at offset: Int64, count: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else { return nil }
        if offset < pageStart || offset + Int64(count) > pageStart + Int64(page.count) {
            guard turn(to: offset, atLeast: count) else { return nil }
        }
        let start = Int(offset - pageStart)
        return page[start..<start + count]
    }

    /// Up to `count` bytes from the start of the file.
    package func head(_ count: Int) -> ArraySlice<UInt8> {
        bytes(at: 0, count: Int(min(size, Int64(count)))) ?? []
    }

    /// Up to `count` bytes from the end of the file.
    func tail(_ count: Int) -> ArraySlice<UInt8> {
        let start = max(0, size - Int64(count))
        return bytes(at: start, count: Int(size - start)) ?? []
    }

    /// Whether `pattern` is in the last `count` bytes of the file, at `start` or after it.
    func tail(_ count: Int, from start: Int64 = 0, contains pattern: [UInt8]) -> Bool {
        let first = max(start, size - Int64(count), 0)
        guard first <= size, let text = bytes(at: first, count: Int(size - first)) else { return false }
        return text.firstRange(of: pattern) != nil
    }

    /// An unsigned number of up to eight bytes, the most significant first.
    func bigEndian(at offset: Int64, _ count: Int) -> UInt64? {
        bytes(at: offset, count: count)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// An unsigned number of up to eight bytes, the least significant first.
    func littleEndian(at offset: Int64, _ count: Int) -> UInt64? {
        bytes(at: offset, count: count)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func turn(to offset: Int64, atLeast count: Int) -> Bool {
        let wanted = Int(min(Int64(max(count, Self.pageSize)), size - offset))
        page = []
        pageStart = offset
        switch source {
        case .file(let file): page = read(file, offset, wanted)
        case .pieces(let pieces):
            isExhausted = isExhausted || readsLeft == 0
            readsLeft -= isExhausted ? 0 : 1
            page = isExhausted ? [] : pieces.bytes(at: offset, most: wanted)
            if page.count < count, missing == nil { missing = offset + Int64(page.count) }
        }
        return page.count >= count
    }

    private func read(_ file: FileDescriptor, _ offset: Int64, _ wanted: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < wanted {
            isExhausted = isExhausted || readsLeft == 0
            if isExhausted { break }
            readsLeft -= 1
            do throws(SystemError) {
                let piece = try file.read(wanted - bytes.count, at: offset + Int64(bytes.count))
                if piece.isEmpty { break }
                bytes += piece
            } catch {
                fault = error
                break
            }
        }
        return bytes
    }
}
