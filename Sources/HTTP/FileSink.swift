package import System

/// Writes a body to an open file, hashing as it goes.
///
/// Used by one thread at a time: by its owner before and after a download, by the transfer thread during it.
package final class FileSink: HTTPSink, @unchecked Sendable {
    /// What to do with an answer, decided when its head is known.
    package enum Verdict: Sendable {
        /// The body continues the file.
        case goOn
        /// The body is the whole file: what is there so far goes.
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

    /// How much of the beginning is kept to tell what the content is.
    package static let beginningSize = 4096

    package private(set) var failure: Failure?
    /// The file's size: what was there, and what came.
    package private(set) var size: Int64 = 0
    /// The file's first bytes, `beginningSize` at most.
    package private(set) var beginning: [UInt8] = []

    private let file: FileDescriptor
    /// Nothing was written to the file since it was known to be empty.
    private var isEmpty: Bool
    private let limit: Int64
    private let judge: @Sendable (HTTPResponse) -> Verdict
    private let digest = SHA256()

    /// `limit` bounds the whole file, not one answer's body. `isEmpty` says that the file is.
    package init(
        _ file: FileDescriptor, limit: Int64, isEmpty: Bool = false,
        judge: @escaping @Sendable (HTTPResponse) -> Verdict
    ) {
        self.file = file
        self.limit = limit
        self.isEmpty = isEmpty
        self.judge = judge
    }

    /// The SHA-256 of the file so far, in lower case hexadecimal.
    package var sha256: String { digest.hexadecimal() }

    /// Takes up a file that holds the beginning already: reads and hashes it. False leaves a `failure`.
    package func resume() -> Bool {
        restart()
        return performing { () throws(SystemError) in
            while case let piece = try file.read(1 << 18, at: size), !piece.isEmpty {
                unsafe piece.withUnsafeBytes { unsafe take($0) }
            }
        }
    }

    package func begin(_ head: HTTPResponse) -> Bool {
        switch judge(head) {
        case .decline: return fail(.declined)
        case .goOn: break
        case .startOver:
            guard isEmpty || performing({ () throws(SystemError) in try file.truncate() }) else {
                return false
            }
            isEmpty = true
            restart()
        }
        // An answer that says it is too long is not worth its first byte.
        if let length = head.contentLength, length > limit - size { return fail(.tooLarge(limit: limit)) }
        return true
    }

    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if Int64(bytes.count) > limit - size { return fail(.tooLarge(limit: limit)) }
        isEmpty = false
        guard performing({ () throws(SystemError) in try unsafe file.write(bytes, at: size) }) else {
            return false
        }
        unsafe take(bytes)
        return true
    }

    private func performing(_ work: () throws(SystemError) -> Void) -> Bool {
        do throws(SystemError) { try work() } catch {
            return fail(error.isDiskFull ? .diskFull : .system(error))
        }
        return true
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        unsafe digest.update(bytes)
        if beginning.count < Self.beginningSize {
            unsafe beginning.append(contentsOf: bytes.prefix(Self.beginningSize - beginning.count))
        }
        size += Int64(bytes.count)
    }

    private func restart() {
        size = 0
        beginning = []
        digest.reset()
    }

    private func fail(_ failure: Failure) -> Bool {
        self.failure = failure
        return false
    }
}
