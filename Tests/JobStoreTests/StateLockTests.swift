import Glibc
import Scratch
import Testing

@testable import JobStore

@Suite struct StateLockTests {
    private let store = ScratchStore()

    @Test func `one holder at a time also in one process`() throws {
        try store.directory.create()
        #expect(store.isFree())
        var first: StateLock? = try store.lock()
        #expect(first != nil)
        #expect(try StateLock(store.directory, as: "jobctl") == nil)
        // The one who was refused did not write over the holder's name.
        let holder = StateLock.holder(of: store.directory)
        #expect(holder?.name == "jobd" && holder?.processID == getpid())
        first = nil
        #expect(store.isFree())
        _ = try store.lock("jobctl")
    }

    @Test func `a lock whose file was removed or moved is not held`() throws {
        try store.directory.create()
        let lock = try store.lock()
        #expect(lock.isHeld)
        #expect(unlink(store.directory.lock) == 0)
        #expect(!lock.isHeld)
        // Another can be had now, and is told from the old one.
        let other = try store.lock()
        #expect(other.isHeld && !lock.isHeld)
        #expect(throws: StoreError.self) { try lock.check() }
        #expect(rename(store.directory.path, store.directory.path + "-old") == 0)
        #expect(!other.isHeld)
    }

    @Test func `a refusal closes its own handle and no other`() async throws {
        try store.directory.create()
        let holder = try store.lock()
        let (directory, path) = (store.directory, store.scratch["other"])
        let granted = Task {
            try (0..<5000).count { _ in try StateLock(directory, as: "jobctl") != nil }
        }
        // A handle closed twice would take the one that somebody else has got meanwhile.
        var lost = 0
        for _ in 0..<20_000 {
            let other = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            if close(other) != 0 { lost += 1 }
        }
        #expect(try await granted.value == 0)
        #expect(lost == 0)
        #expect(StateLock.holder(of: directory)?.name == "jobd")
        withExtendedLifetime(holder) {}
    }

    @Test(.timeLimit(.minutes(10))) func `a killed holder holds nothing`() async throws {
        try store.directory.create()
        let (directory, state) = (store.directory, store.directory.path)
        let holder = Task {
            _ = await #expect(processExitsWith: .signal(SIGKILL)) { [state = state as String] in
                let lock = try #require(try StateLock(StateDirectory(state), as: "holder"))
                FileOnDisk.write("held", to: state + "/held")
                withExtendedLifetime(lock) { while true { pause() } }
            }
        }
        while FileOnDisk(state + "/held") == nil { try await Task.sleep(for: .milliseconds(5)) }
        let found = try #require(StateLock.holder(of: directory))
        #expect(found.name == "holder" && found.processID != getpid() && found.processID > 0)
        #expect(try StateLock(directory, as: "jobd") == nil)
        kill(found.processID, SIGKILL)
        await holder.value
        #expect(store.isFree())
        _ = try store.lock()
    }
}
