package import System

/// Writes a body to an open file and hashes it.
///
/// The transfer thread uses it during a download, its owner before and after.
package final class FileSink: HTTPSink, @unchecked Sendable {
    /// What to do with an answer, decided once its head is known.
    package enum Verdict: Sendable {
        /// The body continues the file.
        case append
        /// The body is the whole file and replaces what is there.
        case startOver
        case decline
    }

    package enum Failure: Equatable, Sendable {
        /// The judge declined the answer.
        case declined
        case tooLarge(limit: Int64)
        case diskFull
        case system(SystemError)
    }

    package private(set) var failure: Failure?
    /// The file's size: what was there, and what was received.
    package private(set) var size: Int64 = 0

    private let file: FileDescriptor
    /// Whether the file is known to be empty.
    private var isEmpty: Bool
    private let limit: Int64
    private let judge: @Sendable (HTTPResponse) -> Verdict
    private var hash: FileHash
    /// What was received and is not yet written. libcurl hands over 16 KiB at a time, and writing those takes
    /// twice as long as writing larger pieces.
    private var gathered: [UInt8] = []

    /// `limit` applies to the whole file, not to one answer's body. `isEmpty` says that the file is empty.
    package init(
        _ file: FileDescriptor, limit: Int64, isEmpty: Bool = false,
        judge: @escaping @Sendable (HTTPResponse) -> Verdict
    ) {
        self.file = file
        self.limit = limit
        self.isEmpty = isEmpty
        self.judge = judge
        hash = FileHash(file)
    }

    /// The SHA-256 of the file so far, in lower case hexadecimal. May read much of the file.
    package var sha256: String { get throws(SystemError) { try hash.hexadecimal() } }

    /// Resumes a file that already holds the beginning: reads and hashes it. False: see `failure`.
    package func resume() -> Bool {
        restart()
        return performing { () throws(SystemError) in size = try hash.readFile() }
    }

    package func begin(_ head: HTTPResponse) -> Bool {
        switch judge(head) {
        case .decline: return fail(.declined)
        case .append: break
        case .startOver:
            guard isEmpty || performing({ () throws(SystemError) in try file.truncate() }) else {
                return false
            }
            isEmpty = true
            restart()
        }
        // An answer that announces too many bytes is refused before the first.
        if let length = head.contentLength, length > limit - size { return fail(.tooLarge(limit: limit)) }
        return true
    }

    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if Int64(bytes.count) > limit - size { return fail(.tooLarge(limit: limit)) }
        isEmpty = false
        // Small files are not worth the memory: there may be many at once.
        if size < FileHash.piece { return unsafe writeOut(bytes) }
        unsafe gathered.append(contentsOf: bytes)
        size += Int64(bytes.count)
        return gathered.count < FileHash.piece || writeGathered()
    }

    package func finish() -> Bool {
        defer { gathered = [] }
        return gathered.isEmpty || writeGathered()
    }

    private func writeGathered() -> Bool {
        size -= Int64(gathered.count)
        defer { gathered.removeAll(keepingCapacity: true) }
        return unsafe gathered.withUnsafeBytes { unsafe writeOut($0) }
    }

    private func writeOut(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard performing({ () throws(SystemError) in try unsafe file.write(bytes, at: size) }) else {
            return false
        }
        unsafe hash.add(bytes)
        size += Int64(bytes.count)
        return true
    }

    private func performing(_ work: () throws(SystemError) -> Void) -> Bool {
        do throws(SystemError) { try work() } catch {
            return fail(error.isDiskFull ? .diskFull : .system(error))
        }
        return true
    }

    private func restart() {
        size = 0
        hash = FileHash(file)
    }

    private func fail(_ failure: Failure) -> Bool {
        self.failure = failure
        return false
    }
}
