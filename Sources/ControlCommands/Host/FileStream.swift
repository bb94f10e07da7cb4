internal import CommandLineTool
internal import JSON
internal import System

/// Files on their way between two machines: for each a JSON object in a line with the number of its bytes,
/// then the bytes. An object with the key `end` ends the stream.
enum FileStream {
    struct Entry {
        let object: JSON
        var bytes: Int64 { object["bytes"]?.integer ?? 0 }
    }

    private static let longestLine = 64 << 20

    /// Writes a file. False if it is shorter than it was; then the rest is zeros.
    @discardableResult
    static func write(
        _ object: JSONObject, _ file: FileDescriptor, bytes: Int64, to stream: FileDescriptor
    ) throws(SystemError) -> Bool {
        var object = object
        object["bytes"] = .integer(bytes)
        try stream.write(Array((JSON.object(object).text + "\n").utf8))
        var left = bytes
        var isWhole = true
        while left > 0 {
            var piece = try file.read(Int(min(left, 1 << 18)))
            if piece.isEmpty {
                isWhole = false
                piece = [UInt8](repeating: 0, count: Int(min(left, 1 << 18)))
            }
            try stream.write(piece)
            left -= Int64(piece.count)
        }
        return isWhole
    }

    static func end(_ object: JSONObject = [:], to stream: FileDescriptor) throws(SystemError) {
        var object = object
        object["end"] = .bool(true)
        try stream.write(Array((JSON.object(object).text + "\n").utf8))
    }

    /// Reads entries one after another. The bytes of each are read before the next one.
    final class Reader {
        private let stream: FileDescriptor
        private var buffer: [UInt8] = []
        private var start = 0

        init(_ stream: FileDescriptor) { self.stream = stream }

        /// Nil if the stream has ended too early.
        func next() -> Entry? {
            var line: [UInt8] = []
            while true {
                if let end = buffer[start...].firstIndex(of: 0x0A) {
                    line += buffer[start..<end]
                    start = end + 1
                    return (try? JSON(parsing: line)).map { Entry(object: $0) }
                }
                line += buffer[start...]
                guard line.count < FileStream.longestLine, fill() else { return nil }
            }
        }

        /// Passes the bytes on. False if the stream has ended too early.
        func read(_ count: Int64, _ body: ([UInt8]) throws -> Void) throws -> Bool {
            var left = count
            while left > 0 {
                if start == buffer.count, !fill() { return false }
                let piece = Array(buffer[start...].prefix(Int(clamping: left)))
                try body(piece)
                start += piece.count
                left -= Int64(piece.count)
            }
            return true
        }

        private func fill() -> Bool {
            (buffer, start) = ((try? stream.read(1 << 18)) ?? [], 0)
            return !buffer.isEmpty
        }
    }
}
