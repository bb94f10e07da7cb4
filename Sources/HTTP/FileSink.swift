internal import Glibc
internal import System

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
        /// Another system call's errno.
        case system(Int32)
    }

    /// How much of the beginning is kept to tell what the content is.
    package static let beginningSize = 4096

    package private(set) var failure: Failure?
    /// The file's size: what was there, and what came.
    package private(set) var size: Int64 = 0
    /// The file's first bytes, `beginningSize` at most.
    package private(set) var beginning: [UInt8] = []

    private let descriptor: Int32
    /// Nothing was written to the file since it was known to be empty.
    private var isEmpty: Bool
    private let limit: Int64
    private let judge: @Sendable (HTTPResponse) -> Verdict
    private let digest = SHA256()

    /// The descriptor stays the caller's. `limit` bounds the whole file, not one answer's body. `isEmpty`
    /// says that the file is.
    package init(
        descriptor: Int32, limit: Int64, isEmpty: Bool = false,
        judge: @escaping @Sendable (HTTPResponse) -> Verdict
    ) {
        self.descriptor = descriptor
        self.limit = limit
        self.isEmpty = isEmpty
        self.judge = judge
    }

    /// The SHA-256 of the file so far, in lower case hexadecimal.
    package var sha256: String { digest.hexadecimal() }

    /// Takes up a file that holds the beginning already: reads and hashes it. False leaves a `failure`.
    package func resume() -> Bool {
        restart()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let (count, failed) = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe (pread(descriptor, bytes.baseAddress, bytes.count, off_t(size)), errno)
            }
            if count == 0 { return true }
            if count < 0 {
                if failed == EINTR { continue }
                return fail(.system(failed))
            }
            unsafe buffer.withUnsafeBytes { unsafe take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    package func begin(_ head: HTTPResponse) -> Bool {
        switch judge(head) {
        case .decline: return fail(.declined)
        case .goOn: break
        case .startOver:
            guard isEmpty || ftruncate(descriptor, 0) == 0 else { return fail(.system(errno)) }
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
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(size))
            if count < 0 {
                let failed = errno
                if failed == EINTR { continue }
                return fail(failed == ENOSPC || failed == EDQUOT ? .diskFull : .system(failed))
            }
            unsafe take(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
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
