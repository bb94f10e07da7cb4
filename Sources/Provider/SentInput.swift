internal import HTTP
package import JSON
internal import JobModel
package import System

/// A file whose content is sent inside a POST, as a `data:` URI.
package struct InlineFile: Sendable {
    package let mediaType: String
    package let size: Int64
    /// Opens it when the POST is made.
    package let open: @Sendable () throws(SystemError) -> FileDescriptor

    package init(
        mediaType: String, size: Int64, open: @escaping @Sendable () throws(SystemError) -> FileDescriptor
    ) {
        (self.mediaType, self.size, self.open) = (mediaType, size, open)
    }

    fileprivate var prefix: String { "\"data:\(mediaType);base64," }
}

/// A job's input as it is sent: JSON, with files in it.
package struct SentInput: Sendable, ExpressibleByStringLiteral {
    package let text: String
    package let files: [InlineFile]

    /// Stands in the text where a file is. No JSON text has this character.
    package static let mark = JSON.verbatim("\0")

    /// - Parameter files: in the order of their marks.
    package init(_ text: String, files: [InlineFile] = []) { (self.text, self.files) = (text, files) }

    package init(stringLiteral text: String) { self.init(text) }

    /// How many bytes are sent.
    package var size: Int64 {
        files.reduce(Int64(text.utf8.count - files.count)) { sum, file in
            sum + Int64(file.prefix.utf8.count) + InlineLimits.encodedBytes(of: file.size) + 1
        }
    }

    /// Why the POST was not made.
    struct Fault: Error {
        let words: String
    }

    /// Throws if a file cannot be opened, or has another size by now.
    func body() throws(Fault) -> HTTPRequest.Method {
        if files.isEmpty { return .post(body: Array(text.utf8)) }
        let body = try InlineBody(self)
        return .stream(HTTPBody(size: size) { body.next() })
    }
}

/// Encodes files while they are sent, a little at a time: however large they are, it takes the memory of one
/// piece.
private final class InlineBody: @unchecked Sendable {
    /// From the last to the first.
    private var parts: [Part] = []

    private enum Part {
        case bytes([UInt8])
        case file(FileDescriptor, from: Int64, to: Int64)
    }

    /// A multiple of three, so that no piece but the last is padded.
    private static let piece: Int64 = 48 << 10

    init(_ input: SentInput) throws(SentInput.Fault) {
        let texts = Array(input.text.utf8).split(separator: 0, omittingEmptySubsequences: false)
        for (index, text) in texts.enumerated() {
            parts.append(.bytes(Array(text)))
            guard input.files.indices.contains(index) else { continue }
            let file = input.files[index]
            parts.append(.bytes(Array(file.prefix.utf8)))
            parts.append(.file(try Self.open(file), from: 0, to: file.size))
            parts.append(.bytes([UInt8(ascii: "\"")]))
        }
        parts.reverse()
    }

    private static func open(_ file: InlineFile) throws(SentInput.Fault) -> FileDescriptor {
        let (opened, size): (FileDescriptor, Int64)
        do throws(SystemError) {
            opened = try file.open()
            size = try opened.status().size
        } catch { throw SentInput.Fault(words: "\(error)") }
        guard size == file.size else { throw SentInput.Fault(words: "it has changed") }
        return opened
    }

    /// Nil if a file is not what it was.
    func next() -> [UInt8]? {
        guard let part = parts.popLast() else { return [] }
        switch part {
        case .bytes(let bytes): return bytes.isEmpty ? next() : bytes
        case .file(let file, let start, let end):
            let wanted = Int(min(Self.piece, end - start))
            var bytes: [UInt8] = []
            while bytes.count < wanted {
                guard let more = try? file.read(wanted - bytes.count, at: start + Int64(bytes.count)),
                    !more.isEmpty
                else { return nil }
                bytes += more
            }
            if start + Int64(wanted) < end {
                parts.append(.file(file, from: start + Int64(wanted), to: end))
            }
            var text: [UInt8] = []
            Base64.append(bytes, to: &text)
            return text.isEmpty ? next() : text
        }
    }
}
