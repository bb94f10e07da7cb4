import Glibc
import Scratch
import Testing

@testable import JobStore

@Suite struct StateLockTests {
    private let store = ScratchStore()

    @Test func oneHolderAtATimeAlsoInOneProcess() throws {
        try store.directory.create()
        #expect(StateLock.holder(of: store.directory) == nil)
        var first = try StateLock(store.directory, as: "jobd")
        #expect(first != nil)
        #expect(try StateLock(store.directory, as: "jobctl") == nil)
        // The one who was refused did not write over the holder's name.
        #expect(StateLock.holder(of: store.directory) == .init(name: "jobd", processID: getpid()))
        first = nil
        #expect(StateLock.holder(of: store.directory) == nil)
        #expect(try StateLock(store.directory, as: "jobctl") != nil)
    }

    @Test func aKilledHolderHoldsNothing() async throws {
        try store.directory.create()
        let (directory, state) = (store.directory, store.directory.path)
        async let holder: Void = {
            await #expect(processExitsWith: .signal(SIGKILL)) { [state] in
                let lock = try #require(try StateLock(StateDirectory(state), as: "holder"))
                FileOnDisk.write("held", to: state + "/held")
                while true { pause() }
                withExtendedLifetime(lock) {}
            }
        }()
        while FileOnDisk(state + "/held") == nil { try await Task.sleep(for: .milliseconds(5)) }
        let found = try #require(StateLock.holder(of: directory))
        #expect(found.name == "holder" && found.processID != getpid() && found.processID > 0)
        #expect(try StateLock(directory, as: "jobd") == nil)
        kill(found.processID, SIGKILL)
        await holder
        #expect(StateLock.holder(of: directory) == nil)
        #expect(try StateLock(directory, as: "jobd") != nil)
    }
}
