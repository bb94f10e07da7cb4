import Glibc
import Testing

/// A program that jobctl starts gets the three standard streams, and no other open file of ours.
@Suite struct DescriptorTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Runs a `jobctl` that has a descriptor from its caller, and helpers that note what they have.
    private func seen(by name: String, _ words: [String], environment: [String: String] = [:]) throws
        -> String
    {
        let place = sandbox.folder + "/bin"
        _ = try sandbox.run("/bin/mkdir", ["-p", place])
        _ = try sandbox.run("/bin/cp", [Sandbox.program, place])
        let note = "#!/bin/sh\nls /proc/self/fd > \(sandbox.folder)/seen\nexit 1\n"
        chmod(try sandbox.file("bin/" + name, note), 0o700)
        _ = try sandbox.run(
            "/bin/sh", ["-c", "exec 7</dev/null 8>/dev/null; exec \"$@\"", "sh", place + "/jobctl"] + words,
            environment: environment)
        return ScratchFile.text(sandbox.folder + "/seen")
    }

    /// `ls` opens the directory itself, as 3.
    private static let nothingElse = "0\n1\n2\n3\n"

    @Test func `an editor gets no other file`() throws {
        let environment = ["EDITOR": sandbox.folder + "/bin/editor", "VISUAL": "", "TMPDIR": sandbox.folder]
        let words = ["enqueue", "--edit", Sandbox.sequential]
        #expect(try seen(by: "editor", words, environment: environment) == Self.nothingElse)
    }

    @Test func `jobd gets no other file where it is asked`() throws {
        #expect(try seen(by: "jobd", ["models", "refresh"]) == Self.nothingElse)
    }

    @Test func `jobthumb gets no other file`() throws {
        try sandbox.enqueue()
        try sandbox.put(1, into: "completed")
        _ = try sandbox.run("/bin/mkdir", ["-p", sandbox.directory + "/outputs"])
        try ScratchFile.write("no picture", to: sandbox.directory + "/outputs/1.png")
        try sandbox.change(
            """
            INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, width, height, state,
                downloaded_at)
            VALUES (1, 1, 'image', 'https://example.com/1', '1.png', 100, printf('%064x', 1 << 32),
                'image/png', 600, 400, 'done', '2026-01-01 00:00:00.000')
            """)
        let seen = try seen(by: "jobthumb", ["gallery", sandbox.folder + "/gallery"])
        #expect(seen == Self.nothingElse)
    }
}
