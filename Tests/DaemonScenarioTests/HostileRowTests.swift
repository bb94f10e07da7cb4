import Glibc
import JSON
import SQL
import Scratch
import Testing

/// Rows that any program may INSERT: those that cannot be sent fail by themselves, and hold up no other.
@Suite(.serialized) struct HostileRowTests {
    private static let sequential = "'bytedance/seedream-4-0/sequential'"
    private static let deep =
        String(repeating: #"{"a":"#, count: 500) + "1" + String(repeating: "}", count: 500)

    /// The values of model, input and validation, and what becomes of the job.
    private static let rows: [(values: String, state: String, says: String)] = [
        ("'../../x', '{}', 'pending'", "failed", "cannot be sent"),
        ("'a//b', '{}', 'waived'", "failed", "cannot be sent"),
        ("'.', '{}', 'waived'", "failed", "cannot be sent"),
        ("'a/b?c=d#e', '{}', 'waived'", "failed", "HTTP 4"),
        ("'a/b', CAST(x'7b2274657874223a2266fc72227d' AS TEXT), 'pending'", "failed", "not UTF-8"),
        ("'a/b', CAST(x'7b2274657874223a2280227d' AS TEXT), 'waived'", "failed", "not UTF-8"),
        ("\(sequential), CAST(x'7b2274657874223a22eda080227d' AS TEXT), 'passed'", "failed", "not UTF-8"),
        ("'a/b', '\(deep)', 'pending'", "failed", "nested deeper"),
        (#"'a/b', '{"a":1,"a":2}', 'pending'"#, "failed", "appears twice"),
        (#"'a/b', '{"a":"\ud800"}', 'pending'"#, "failed", "surrogate"),
        (#"\#(sequential), '{"text":"x","seed":1e999999}', 'pending'"#, "", ""),
        (#"\#(sequential), '{"text":{"a":["b"]}}', 'pending'"#, "failed", "$.text"),
        (#"\#(sequential), '{"text":"x","sequential_image_generation_options":-1e308}', 'waived'"#, "", ""),
        (
            #"\#(sequential), json_object('text', char(0) || char(27) || '[2J' || char(8238)), 'pending'"#,
            "", ""
        ),
        // Ten megabytes: whether that is too much is for the service to say.
        ("\(sequential), json_object('text', printf('%.10000000c', 'x')), 'waived'", "", ""),
    ]

    @Test func `each gets its own verdict and the others are done`() async throws {
        let stage = try await Stage.simulated("--strict-models")
        let first = try await stage.enqueue("a fox")
        for row in Self.rows {
            try stage.execute("INSERT INTO jobs (model, input, validation) VALUES (\(row.values))")
        }
        let last = try await stage.enqueue("a hare")
        let jobd = try await stage.drain()
        for id in [first, last] { #expect(try stage.state(of: id) == "completed") }
        for (index, row) in Self.rows.enumerated() {
            let id = first + 1 + Int64(index)
            let state = try stage.state(of: id)
            let message = try stage.text("SELECT error_message FROM jobs WHERE id = \(id)") ?? ""
            #expect(["completed", "failed"].contains(state), "\(row.values.prefix(80)): \(state)")
            if !row.state.isEmpty {
                #expect(
                    state == row.state && message.contains(row.says), "\(row.values.prefix(80)): \(message)")
            }
            #expect(message.utf8.count < 10_000)
        }
        #expect(try stage.number("SELECT count(*) FROM pauses") == 0)
        #expect(try stage.text("PRAGMA integrity_check") == "ok")
        // What people look at is readable, and steers no terminal.
        for words in [["list"], ["list", "--json"], ["events"], []] {
            let program = try stage.start(words)
            #expect(try await program.exitCode() == 0)
            #expect(
                !(program.output + program.errors + jobd.errors).utf8.contains {
                    $0 < 0x20 && $0 != 9 && $0 != 10
                })
        }
    }

    /// A label that climbs, a prompt of slashes, a service that names files: the template alone decides.
    @Test func `no name leads out of the outputs`() async throws {
        let stage = try await Stage.simulated()
        let hostile =
            "../../..//\u{202E}gnp.\n\u{1B}[2J\u{2044}\u{FF0F}etc\\passwd"
            + String(repeating: "é", count: 500)
        try await stage.enqueue(hostile, "--label", hostile)
        try await stage.enqueue("..", "--label", "..")
        try await stage.enqueue("-rf", "--label", "-rf .")
        try await stage.drain("output_name={label}/{prompt}/{model}{label}-{seed}.{ext}")
        let paths = try stage.texts("SELECT path FROM outputs")
        #expect(paths.count == 3)
        for path in paths {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(parts.count == 3, "\(path.debugDescription)")
            for part in parts {
                #expect(
                    !part.isEmpty && !part.hasPrefix(".") && !part.hasPrefix("-") && part.utf8.count <= 255)
                #expect(!part.unicodeScalars.contains { $0.value < 0x20 || $0 == "\\" || $0 == "\u{202E}" })
            }
            #expect(FileOnDisk(stage.state + "/outputs/" + path) != nil)
        }
        // Everything that was made lies in the state directory.
        let strays = Program.run(
            "find", stage.scratch.path, "-name", "*.png", "-not", "-path", stage.state + "/outputs/*",
        )
        #expect(strays.output.isEmpty)
    }

    /// Whoever may write the database may not read and write other files through jobd.
    @Test func `a path that someone wrote into the database does not climb`() async throws {
        let stage = try await Stage.simulated("--fault", "file:hang")
        let id = try await stage.enqueue("a fox")
        let victim = stage.scratch["victim.png"]
        let jobd = try stage.jobd("timeout.silence=1s")
        try await stage.wait(for: id, toBe: "downloading")
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        // A whole picture that lies elsewhere, and its own hash.
        let header: [UInt8] = [13] + Array("IHDR".utf8) + [0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0, 0, 0, 0]
        let end: [UInt8] = [0, 0, 0, 0] + Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]
        FileOnDisk.write([0x89] + Array("PNG\r\n\u{1A}\n".utf8) + [0, 0, 0] + header + end, to: victim)
        try stage.execute("UPDATE outputs SET path = '../../victim.png', bytes = NULL, sha256 = NULL")
        try await stage.setFaults()
        try await stage.drain()
        #expect(try stage.state(of: id) == "completed")
        let path = try #require(try stage.text("SELECT path FROM outputs"))
        #expect(!path.contains(".."), "\(path)")
        #expect(FileOnDisk(stage.scratch["000001.json"]) == nil)
        #expect(FileOnDisk(stage.state + "/outputs/" + path) != nil)
    }
}
