import Glibc
import SQL
import Scratch
import Testing

@Suite struct StoreRefusalTests {
    private let stage = Stage()

    /// Verbs that read, steer and add.
    private static let verbs = [
        ["list"], ["show", "1"], [], ["events"], ["cancel", "1"], ["pause"], ["backup", "copy.db"],
        ["enqueue", Stage.sequential, "text=x"],
    ]

    /// Runs all verbs; each must end so, and leave the file as it is.
    private func refuses(with code: Int32, saying words: String, verbs: [[String]] = verbs) throws {
        let before = FileOnDisk.bytes(stage.database)
        for verb in verbs {
            let answer = try stage.jobctl(verb)
            #expect(answer.code == code, "\(verb): \(answer)")
            #expect(answer.output == "")
            #expect(answer.errors.contains(words), "\(verb): \(answer)")
            #expect(FileOnDisk.bytes(stage.database) == before, "\(verb)")
        }
    }

    private func moveLogIntoDatabase() throws { try stage.execute("PRAGMA journal_mode = DELETE") }

    @Test func `a newer database is refused and untouched`() throws {
        try stage.enqueue("2 cats")
        try stage.execute("PRAGMA user_version = 9999")
        try moveLogIntoDatabase()
        try refuses(with: 69, saying: "upgrade")
        #expect(!FileOnDisk.exists(stage.database + ".before-0002"))
    }

    @Test func `a database of another program is refused and untouched`() throws {
        mkdir(stage.state, 0o700)
        try SQLiteConnection(path: stage.database, .create, busyTimeout: .seconds(1)).execute(
            "CREATE TABLE t (x)")
        try refuses(with: 69, saying: "not a database of jobd")
    }

    @Test(arguments: ["hello\n", String(repeating: "text ", count: 1000), "SQLite format 3\0"])
    func `a file that is no database is refused and untouched`(text: String) throws {
        mkdir(stage.state, 0o700)
        FileOnDisk.write(text, to: stage.database)
        try refuses(with: 69, saying: "not a database of jobd")
    }

    @Test func `a folder in the place of the database is refused`() throws {
        mkdir(stage.state, 0o700)
        mkdir(stage.database, 0o700)
        let answer = try stage.jobctl("enqueue", Stage.sequential, "text=x")
        #expect(answer.code == 69, "\(answer)")
    }

    @Test func `a copy that cannot be made says why, and never that the disk failed`() throws {
        try stage.enqueue("2 cats")
        let taken = stage.file("taken.db", "mine")
        for (path, code, words) in [
            (stage.scratch["none/x.db"], 74, "no such directory: \(stage.scratch["none"])"),
            (taken + "/x.db", 74, "\(taken) is not a directory"), (stage.folder, 1, "is a directory"),
            (taken, 1, "already exists"),
        ] as [(String, Int32, String)] {
            let answer = try stage.jobctl("backup", path)
            #expect(answer.code == code && answer.errors.contains(words), "\(answer)")
            #expect(answer.errors.contains("hint: ") && !answer.errors.contains("disk failed"), "\(answer)")
        }
        #expect(FileOnDisk.text(taken) == "mine")
    }

    @Test func `a damaged database is said to be so, with what can be done`() throws {
        try stage.enqueue("2 cats")
        try moveLogIntoDatabase()
        let file = open(stage.database, O_WRONLY | O_CLOEXEC)
        let size = lseek(file, 0, SEEK_END)
        let noise = [UInt8](repeating: 0xA5, count: Int(size) - 4096)
        #expect(pwrite(file, noise, noise.count, 4096) == noise.count)
        close(file)
        try refuses(with: 74, saying: "damaged", verbs: [["list"], ["enqueue", Stage.sequential, "text=x"]])
    }

    @Test func `a locked database is waited for, then said to be locked, and nothing is lost`() throws {
        try stage.enqueue("2 cats")
        let holder = try stage.connection()
        try holder.execute("BEGIN IMMEDIATE; UPDATE jobs SET label = 'held by somebody'")
        let children = try [["enqueue", Stage.sequential, "text=x"], ["cancel", "1"]].map {
            try stage.start($0)
        }
        // Looking is possible all the while.
        #expect(try stage.jobctl("list").lines.count == 1)
        for child in children {
            let answer = try child.answer()
            #expect(answer.code == 69 && answer.errors.contains("locked"), "\(answer)")
            let waits = answer.errors.split(separator: "\n").filter {
                $0.hasPrefix("waiting for the store: ")
            }
            #expect(waits.count == 1 && waits[0].contains("(pid \(getpid()))"), "\(answer)")
        }
        try holder.execute("COMMIT")
        #expect(try stage.jobCount() == 1)
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=x").code == 0)
    }

    @Test func `who waits for a lock gets its turn`() throws {
        try stage.enqueue("2 cats")
        let holder = try stage.connection()
        try holder.execute("BEGIN IMMEDIATE")
        let child = try stage.start(["enqueue", Stage.sequential, "text=x"])
        usleep(300_000)
        try holder.execute("COMMIT")
        #expect(try child.answer().code == 0)
        #expect(try stage.jobCount() == 2)
    }

    @Test func `without a store, verbs that read say where it would be, and make nothing`() throws {
        // A bare jobctl says what to type next: see WelcomeTests.
        for verb in Self.verbs.dropLast() where !verb.isEmpty {
            let answer = try stage.jobctl(verb)
            #expect(answer.code == 69, "\(verb): \(answer)")
            #expect(answer.errors.contains(stage.state), "\(answer)")
        }
        #expect(!FileOnDisk.exists(stage.state))
        for verb in [["models"], ["version"], ["help"], ["validate", Stage.sequential, "text=x"]] {
            #expect(try stage.jobctl(verb).code == 0, "\(verb)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a read-only database is refused and untouched`() throws {
        try stage.enqueue("2 cats")
        try moveLogIntoDatabase()
        chmod(stage.folder, 0o755)
        chmod(stage.state, 0o555)
        chmod(stage.database, 0o444)
        defer { chmod(stage.state, 0o755) }
        let before = FileOnDisk.bytes(stage.database)
        for verb in [["list"], ["enqueue", Stage.sequential, "text=x"]] {
            let answer = try stage.runAsNobody(verb)
            #expect(answer.code == 77 && answer.errors.contains("no permission"), "\(answer)")
        }
        #expect(FileOnDisk.bytes(stage.database) == before)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to mount a small disk"))
    func `a full disk refuses a job, keeps those that are there, and takes more when there is room`() throws {
        mkdir(stage.state, 0o700)
        let mount = try stage.run(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=1m,mode=700", "jobd-test", stage.state])
        try #require(mount.code == 0, "\(mount)")
        defer { _ = try? stage.run("/bin/umount", [stage.state]) }
        var answered: Int64 = 0
        var refusal: Answer?
        let text = String(repeating: "x", count: 500)
        for _ in 0..<400 where refusal == nil {
            let answer = try stage.jobctl("enqueue", Stage.sequential, "text=\(text)", "-q")
            if answer.code == 0 { answered += 1 } else { refusal = answer }
        }
        let answer = try #require(refusal)
        #expect(answer.code == 74 && answer.errors.contains("the disk is full"), "\(answer)")
        #expect(answer.output == "")
        #expect(answered > 0)
        #expect(try stage.jobctl("list", "-q").lines.count == Int(answered))
        let lines = String(repeating: #"{"model": "a/b", "input": {"x": "\#(text)"}}"# + "\n", count: 2000)
        #expect(try stage.jobctl("enqueue", "--batch", "-", input: lines).code == 74)
        #expect(try stage.jobctl("list", "-q").lines.count == Int(answered))
        try stage.run("/bin/mount", ["-o", "remount,size=16m", stage.state])
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=x").code == 0)
        #expect(try stage.jobCount() == answered + 1)
        #expect(try stage.text("PRAGMA integrity_check") == "ok")
    }
}

extension Stage {
    /// Runs `jobctl` as a user who owns nothing and is in no group.
    func runAsNobody(_ words: [String], environment: [String: String] = [:]) throws -> Answer {
        // The program may lie where nobody else can look.
        let program = folder + "/jobctl"
        if !FileOnDisk.exists(program) {
            try run("/bin/cp", [Program.jobctl, program])
            chmod(program, 0o755)
        }
        chmod(folder, 0o755)
        return try run(
            "/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", program] + words,
            environment: environment)
    }
}
