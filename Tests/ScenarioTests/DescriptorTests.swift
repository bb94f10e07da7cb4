import Glibc
import Scratch
import Testing

/// A program that jobctl starts gets the three standard streams, and no other open file of ours.
@Suite struct DescriptorTests {
    private let stage = Stage()

    /// Runs a `jobctl` that has a descriptor from its caller, and helpers that note what they have.
    private func seen(by name: String, _ words: [String], environment: [String: String] = [:]) throws
        -> String
    {
        let place = stage.folder + "/bin"
        try stage.run("/bin/mkdir", ["-p", place])
        try stage.run("/bin/cp", [Program.jobctl, place])
        let note = "#!/bin/sh\nls /proc/self/fd > \(stage.folder)/seen\nexit 1\n"
        chmod(stage.file("bin/" + name, note), 0o700)
        try stage.run(
            "/bin/sh", ["-c", "exec 7</dev/null 8>/dev/null; exec \"$@\"", "sh", place + "/jobctl"] + words,
            environment: environment)
        return FileOnDisk.content(stage.folder + "/seen")
    }

    /// `ls` opens the directory itself, as 3.
    private static let nothingElse = "0\n1\n2\n3\n"

    @Test func `an editor gets no other file`() throws {
        let environment = ["EDITOR": stage.folder + "/bin/editor", "VISUAL": "", "TMPDIR": stage.folder]
        let words = ["enqueue", "--edit", Stage.sequential]
        #expect(try seen(by: "editor", words, environment: environment) == Self.nothingElse)
    }

    @Test func `jobd gets no other file if jobctl asks it`() throws {
        #expect(try seen(by: "jobd", ["models", "refresh"]) == Self.nothingElse)
    }

    @Test func `jobthumb gets no other file`() throws {
        try stage.complete(try stage.enqueue("2 cats"), with: "no picture", as: "1.png")
        let seen = try seen(by: "jobthumb", ["gallery", stage.folder + "/gallery"])
        #expect(seen == Self.nothingElse)
    }
}
