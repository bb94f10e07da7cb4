import Testing

@testable import System

@Suite struct SystemCallTests {
    @Test func `a write that the reader takes in parts is whole`() async throws {
        let (output, input) = try FileDescriptor.pipe()
        let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 / 7) }
        async let written: Void = Task.detached { try input.write(bytes) }.value
        var read: [UInt8] = []
        while read.count < bytes.count { read += try output.read(1000) }
        try await written
        #expect(read == bytes)
    }

    @Test func `more than the limit is an error, and not a shorter file`() throws {
        #expect(try FileDescriptor.inMemory([1, 2, 3]).readToEnd(limit: 3) == [1, 2, 3])
        #expect(throws: SystemError.self) { try FileDescriptor.inMemory([1, 2, 3]).readToEnd(limit: 2) }
    }

    @Test func `a temporary file is where its path says and leaves nothing`() throws {
        let prefix = "/tmp/jobd-tést-" + String(repeating: "x", count: 100)
        let temporary = try TemporaryFile("name", directoryPrefix: prefix)
        try temporary.file.write(Array("text".utf8))
        #expect(try FileDescriptor(opening: temporary.path).readToEnd() == Array("text".utf8))
        let folder = temporary.path.dropLast("/name".count)
        #expect(folder.hasPrefix(prefix + "-") && folder.count == prefix.count + 7)
        temporary.remove()
        #expect(throws: SystemError.self) { try FileDescriptor(opening: String(folder)) }
    }

    @Test func `a path that leads up is none below a directory`() throws {
        #expect(try Directory.components(of: "a//b/./c") == ["a", "b", ".", "c"])
        #expect(throws: SystemError.self) { try Directory.components(of: "a/../b") }
    }

    @Test func `a program's end is told as it was`() throws {
        #expect(try ChildProcess(["sh", "-c", "exit 3"]).wait() == .code(3))
        #expect(try ChildProcess(["sh", "-c", "kill -9 $$"], isGroup: true).wait() == .signal(9))
        #expect(throws: SystemError.self) { try ChildProcess(["/no/such/program"]) }
    }
}
