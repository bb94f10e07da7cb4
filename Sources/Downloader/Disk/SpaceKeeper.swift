internal import Glibc
internal import HTTP
internal import System

/// Keeps free space on the outputs' disk, the expected rest of all downloads under way counted.
package final class SpaceKeeper: Sendable {
    private let expected = Locked(Int64(0))
    private let freeBytes: @Sendable (Int32) -> Int64?

    /// `freeBytes` answers for the disk of an open file.
    package init(freeBytes: @escaping @Sendable (Int32) -> Int64? = SpaceKeeper.freeBytes) {
        self.freeBytes = freeBytes
    }

    /// The space that an ordinary user could still fill; nil where the file system cannot say.
    package static func freeBytes(of descriptor: Int32) -> Int64? {
        var status = statvfs()
        guard unsafe fstatvfs(descriptor, &status) == 0 else { return nil }
        return Int64(clamping: status.f_bavail).multipliedClamped(by: Int64(clamping: status.f_frsize))
    }

    /// What one download still expects to write. It holds nothing until `expect`.
    func claim(_ descriptor: Int32, keeping minimum: Int64) -> SpaceClaim {
        SpaceClaim(self, descriptor, minimum)
    }

    /// Replaces one claim's expectation by another, if the space is there.
    fileprivate func change(from old: Int64, to new: Int64, on descriptor: Int32, keeping minimum: Int64)
        -> Bool
    {
        let free = freeBytes(descriptor)
        return expected.withLock { expected in
            let others = expected - old
            if let free, free - others < minimum || free - others - minimum < new { return false }
            expected = others + new
            return true
        }
    }

    fileprivate func reduce(by count: Int64) { expected.withLock { $0 -= count } }
}

/// One download's share. Used by one thread at a time; given back with the last reference.
final class SpaceClaim: @unchecked Sendable {
    private let keeper: SpaceKeeper
    private let descriptor: Int32
    private let minimum: Int64
    private var rest: Int64 = 0

    /// How much a download of unknown size asks for at a time.
    private static let step: Int64 = 16 << 20

    fileprivate init(_ keeper: SpaceKeeper, _ descriptor: Int32, _ minimum: Int64) {
        self.keeper = keeper
        self.descriptor = descriptor
        self.minimum = minimum
    }

    deinit { keeper.reduce(by: rest) }

    /// Asks for room for `bytes` more; nil where nobody knows how many.
    func expect(_ bytes: Int64?) -> Bool {
        let new = bytes ?? Self.step
        guard keeper.change(from: rest, to: new, on: descriptor, keeping: minimum) else { return false }
        rest = new
        return true
    }

    /// Turns room into bytes on disk.
    func take(_ count: Int) -> Bool {
        if Int64(count) > rest, !expect(max(Self.step, Int64(count))) { return false }
        rest -= Int64(count)
        keeper.reduce(by: Int64(count))
        return true
    }
}

extension Int64 {
    fileprivate func multipliedClamped(by other: Int64) -> Int64 {
        let (product, isTooLarge) = multipliedReportingOverflow(by: other)
        return isTooLarge ? .max : product
    }
}
