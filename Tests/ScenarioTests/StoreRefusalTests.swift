import Glibc
import SQLite
import Testing

@Suite struct StoreRefusalTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Verbs that read, steer and add.
    private static let verbs = [
        ["list"], ["show", "1"], [], ["events"], ["cancel", "1"], ["pause"], ["backup", "copy.db"],
        ["enqueue", Sandbox.sequential, "text=x"],
    ]

    /// Runs all verbs; each must end so, and leave the file as it is.
    private func refuses(with code: Int32, saying words: String, verbs: [[String]] = verbs) throws {
        let before = ScratchFile.bytes(sandbox.database)
        for verb in verbs {
            let answer = try sandbox.run(Sandbox.program, verb)
            #expect(answer.code == code, "\(verb): \(answer)")
            #expect(answer.output == "")
            #expect(answer.errors.contains(words), "\(verb): \(answer)")
            #expect(ScratchFile.bytes(sandbox.database) == before, "\(verb)")
        }
    }

    private func moveLogIntoDatabase() throws { try sandbox.change("PRAGMA journal_mode = DELETE") }

    @Test func `a newer database is refused and untouched`() throws {
        try sandbox.enqueue()
        try sandbox.change("PRAGMA user_version = 9999")
        try moveLogIntoDatabase()
        try refuses(with: 69, saying: "upgrade")
        #expect(!ScratchFile.exists(sandbox.database + ".before-0002"))
    }

    @Test func `a database of another program is refused and untouched`() throws {
        mkdir(sandbox.directory, 0o700)
        try Connection(path: sandbox.database, .create, busyTimeout: .seconds(1)).execute(
            "CREATE TABLE t (x)")
        try refuses(with: 69, saying: "not a database of jobd")
    }

    @Test(arguments: ["hello\n", String(repeating: "text ", count: 1000), "SQLite format 3\0"])
    func `a file that is no database is refused and untouched`(text: String) throws {
        mkdir(sandbox.directory, 0o700)
        try ScratchFile.write(text, to: sandbox.database)
        try refuses(with: 69, saying: "not a database of jobd")
    }

    @Test func `a folder in the place of the database is refused`() throws {
        mkdir(sandbox.directory, 0o700)
        mkdir(sandbox.database, 0o700)
        let answer = try sandbox.jobctl("enqueue", Sandbox.sequential, "text=x")
        #expect(answer.code == 69, "\(answer)")
    }

    @Test func `a damaged database is said to be so, with what can be done`() throws {
        try sandbox.enqueue()
        try moveLogIntoDatabase()
        let file = open(sandbox.database, O_WRONLY | O_CLOEXEC)
        let size = lseek(file, 0, SEEK_END)
        let noise = [UInt8](repeating: 0xA5, count: Int(size) - 4096)
        #expect(pwrite(file, noise, noise.count, 4096) == noise.count)
        close(file)
        try refuses(
            with: 74, saying: "damaged", verbs: [["list"], ["enqueue", Sandbox.sequential, "text=x"]])
    }

    @Test func `a locked database is waited for, then said to be locked, and nothing is lost`() throws {
        try sandbox.enqueue()
        let holder = try sandbox.connection()
        try holder.execute("BEGIN IMMEDIATE; UPDATE jobs SET label = 'held by somebody'")
        let children = try [["enqueue", Sandbox.sequential, "text=x"], ["cancel", "1"]].map {
            try sandbox.start($0)
        }
        // Looking is possible all the while.
        #expect(try sandbox.jobctl("list").lines.count == 1)
        for child in children {
            let answer = child.finish()
            #expect(answer.code == 69, "\(answer)")
            #expect(answer.errors.contains("locked"))
        }
        try holder.execute("COMMIT")
        #expect(try sandbox.jobCount() == 1)
        #expect(try sandbox.jobctl("enqueue", Sandbox.sequential, "text=x").code == 0)
    }

    @Test func `who waits for a lock gets its turn`() throws {
        try sandbox.enqueue()
        let holder = try sandbox.connection()
        try holder.execute("BEGIN IMMEDIATE")
        let child = try sandbox.start(["enqueue", Sandbox.sequential, "text=x"])
        usleep(300_000)
        try holder.execute("COMMIT")
        #expect(child.finish().code == 0)
        #expect(try sandbox.jobCount() == 2)
    }

    @Test func `without a store, what looks says where it would be, and makes nothing`() throws {
        for verb in Self.verbs.dropLast() {
            let answer = try sandbox.run(Sandbox.program, verb)
            #expect(answer.code == 69, "\(verb): \(answer)")
            #expect(answer.errors.contains(sandbox.directory), "\(answer)")
        }
        #expect(!ScratchFile.exists(sandbox.directory))
        for verb in [["models"], ["version"], ["help"], ["validate", Sandbox.sequential, "text=x"]] {
            #expect(try sandbox.run(Sandbox.program, verb).code == 0, "\(verb)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a read-only database is refused and untouched`() throws {
        try sandbox.enqueue()
        try moveLogIntoDatabase()
        chmod(sandbox.folder, 0o755)
        chmod(sandbox.directory, 0o555)
        chmod(sandbox.database, 0o444)
        defer { chmod(sandbox.directory, 0o755) }
        let before = ScratchFile.bytes(sandbox.database)
        for verb in [["list"], ["enqueue", Sandbox.sequential, "text=x"]] {
            let answer = try sandbox.runAsNobody(verb)
            #expect(answer.code == 77, "\(answer)")
            #expect(answer.errors.contains("no permission"), "\(answer)")
        }
        #expect(ScratchFile.bytes(sandbox.database) == before)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to mount a small disk"))
    func `a full disk refuses a job, keeps those that are there, and takes more when there is room`() throws {
        mkdir(sandbox.directory, 0o700)
        let mount = try sandbox.run(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=1m,mode=700", "jobd-test", sandbox.directory])
        try #require(mount.code == 0, "\(mount)")
        defer { _ = try? sandbox.run("/bin/umount", [sandbox.directory]) }
        var answered: Int64 = 0
        var refusal: Answer?
        let text = String(repeating: "x", count: 500)
        for _ in 0..<400 where refusal == nil {
            let answer = try sandbox.jobctl("enqueue", Sandbox.sequential, "text=\(text)", "-q")
            if answer.code == 0 { answered += 1 } else { refusal = answer }
        }
        let answer = try #require(refusal)
        #expect(answer.code == 74, "\(answer)")
        #expect(answer.errors.contains("the disk is full"), "\(answer)")
        #expect(answer.output == "")
        #expect(answered > 0)
        #expect(try sandbox.jobctl("list", "-q").lines.count == Int(answered))
        let lines = String(repeating: #"{"model": "a/b", "input": {"x": "\#(text)"}}"# + "\n", count: 2000)
        #expect(try sandbox.jobctl("enqueue", "--batch", "-", input: lines).code == 74)
        #expect(try sandbox.jobctl("list", "-q").lines.count == Int(answered))
        _ = try sandbox.run("/bin/mount", ["-o", "remount,size=16m", sandbox.directory])
        #expect(try sandbox.jobctl("enqueue", Sandbox.sequential, "text=x").code == 0)
        #expect(try sandbox.jobCount() == answered + 1)
        #expect(try sandbox.text("PRAGMA integrity_check") == "ok")
    }
}

extension Sandbox {
    /// Runs `jobctl` as a user who owns nothing and is in no group.
    func runAsNobody(_ words: [String], environment: [String: String] = [:]) throws -> Answer {
        // The program may lie where nobody else can look.
        let program = folder + "/jobctl"
        if !ScratchFile.exists(program) {
            _ = try run("/bin/cp", [Self.program, program])
            chmod(program, 0o755)
        }
        chmod(folder, 0o755)
        return try run(
            "/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", program] + words,
            environment: environment)
    }
}
