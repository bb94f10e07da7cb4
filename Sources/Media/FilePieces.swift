/// The pieces of a file that are here so far, by their offsets.
package struct FilePieces: Sendable {
    /// The whole file's size; nil if it is unknown.
    package var size: Int64?
    private var pieces: [Piece] = []

    private struct Piece: Sendable {
        let start: Int64
        var bytes: [UInt8]

        var end: Int64 { start + Int64(bytes.count) }
    }

    package init() {}

    /// The number of bytes in all pieces.
    package var count: Int { pieces.reduce(0) { $0 + $1.bytes.count } }

    package mutating func add(_ bytes: [UInt8], at start: Int64) {
        if let index = pieces.firstIndex(where: { $0.end == start }) {
            pieces[index].bytes += bytes
        } else {
            pieces.append(Piece(start: start, bytes: bytes))
        }
    }

    /// The bytes from `offset` on, up to a gap.
    func bytes(at offset: Int64, most count: Int) -> [UInt8] {
        guard let piece = pieces.first(where: { $0.start <= offset && offset < $0.end }) else { return [] }
        return Array(piece.bytes.dropFirst(Int(offset - piece.start)).prefix(count))
    }
}
