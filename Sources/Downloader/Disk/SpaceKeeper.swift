internal import HTTP
package import System

/// Keeps free space on the disk of the outputs, after what all running downloads still expect to write.
package final class SpaceKeeper: Sendable {
    private let expected = Locked(Int64(0))
    private let freeBytes: @Sendable (FileDescriptor) -> Int64?

    /// `freeBytes` returns the free space on the disk of an open file.
    package init(freeBytes: @escaping @Sendable (FileDescriptor) -> Int64? = FreeSpace.bytes(beside:)) {
        self.freeBytes = freeBytes
    }

    /// One download's share. It is zero until `expect`.
    func claim(_ file: FileDescriptor, keeping minimum: Int64) -> SpaceClaim {
        SpaceClaim(self, file, minimum)
    }

    /// Replaces one claim's expectation if there is space for the new one.
    fileprivate func change(from old: Int64, to new: Int64, on file: FileDescriptor, keeping minimum: Int64)
        -> Bool
    {
        let free = freeBytes(file)
        return expected.withLock { expected in
            let others = expected - old
            if let free, free - others < minimum || free - others - minimum < new { return false }
            expected = others + new
            return true
        }
    }

    fileprivate func reduce(by count: Int64) { expected.withLock { $0 -= count } }
}

/// What one download still expects to write. Used by one thread at a time; returned with the last reference.
final class SpaceClaim: @unchecked Sendable {
    private let keeper: SpaceKeeper
    private let file: FileDescriptor
    private let minimum: Int64
    private var rest: Int64 = 0

    /// How much a download of unknown size reserves at a time.
    private static let step: Int64 = 16 << 20

    fileprivate init(_ keeper: SpaceKeeper, _ file: FileDescriptor, _ minimum: Int64) {
        self.keeper = keeper
        self.file = file
        self.minimum = minimum
    }

    deinit { keeper.reduce(by: rest) }

    /// Reserves space for `bytes` more; nil if the number is unknown.
    func expect(_ bytes: Int64?) -> Bool {
        let new = bytes ?? Self.step
        guard keeper.change(from: rest, to: new, on: file, keeping: minimum) else { return false }
        rest = new
        return true
    }

    /// Turns reserved space into bytes on disk.
    func use(_ count: Int) -> Bool {
        if Int64(count) > rest, !expect(max(Self.step, Int64(count))) { return false }
        rest -= Int64(count)
        keeper.reduce(by: Int64(count))
        return true
    }
}
