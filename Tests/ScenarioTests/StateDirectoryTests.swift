import Glibc
import Scratch
import Testing

@Suite struct StateDirectoryTests {
    private let stage = Stage()

    private let words = ["enqueue", Stage.sequential, "text=x", "-q"]

    private func mode(_ path: String) throws -> UInt32 { try #require(FileOnDisk(path)).mode }

    @Test func `the option overrides the environment`() throws {
        let other = stage.folder + "/other"
        #expect(try stage.jobctl(words + ["--state-dir", other]).code == 0)
        #expect(FileOnDisk.exists(other + "/jobs.db"))
        #expect(!FileOnDisk.exists(stage.state))
    }

    @Test func `a relative directory starts at the current one`() throws {
        let answer = try stage.run(
            "/usr/bin/env", ["-C", stage.folder, Program.jobctl] + words + ["--state-dir", "deep/er"])
        #expect(answer.code == 0, "\(answer)")
        #expect(FileOnDisk.exists(stage.folder + "/deep/er/jobs.db"))
    }

    @Test(.enabled(if: !FileOnDisk.exists("/var/lib/jobd"), "this machine has a /var/lib/jobd"))
    func `without either, it is the user's own`() throws {
        let none = ["JOBD_STATE_DIR": ""]
        #expect(try stage.jobctl(words, environment: none).code == 0)
        #expect(FileOnDisk.exists(stage.folder + "/.local/state/jobd/jobs.db"))
        let named = none.merging(["XDG_STATE_HOME": stage.folder + "/xdg"]) { $1 }
        #expect(try stage.jobctl(words, environment: named).code == 0)
        #expect(FileOnDisk.exists(stage.folder + "/xdg/jobd/jobs.db"))
        // The specification calls a relative one invalid.
        let relative = none.merging(["XDG_STATE_HOME": "xdg2"]) { $1 }
        #expect(try stage.jobctl(words, environment: relative).output == "2\n")
    }

    @Test func `what it makes is private to its owner, whatever the umask`() throws {
        let command = "umask 000; exec \(Program.jobctl) enqueue \(Stage.sequential) text=x --state-dir a/b"
        #expect(try stage.run("/usr/bin/env", ["-C", stage.folder, "/bin/sh", "-c", command]).code == 0)
        for folder in ["/a", "/a/b"] { #expect(try mode(stage.folder + folder) == 0o700) }
        for file in ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock"] {
            #expect(try mode("\(stage.folder)/a/b/\(file)") == 0o600, "\(file)")
        }
    }

    @Test func `in a directory made for a group its files are the group's too, whatever the umask`() throws {
        mkdir(stage.state, 0o700)
        chmod(stage.state, 0o2770)
        let command = "umask 077; exec \(Program.jobctl) enqueue \(Stage.sequential) text=x"
        #expect(try stage.run("/bin/sh", ["-c", command]).code == 0)
        for file in ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock"] {
            #expect(try mode("\(stage.state)/\(file)") == 0o660, "\(file)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to give a directory away"))
    func `what root makes in a group's directory gets the directory's owner`() throws {
        mkdir(stage.state, 0o700)
        chown(stage.state, 65534, 65534)
        chmod(stage.state, 0o2770)
        #expect(try stage.jobctl(words).code == 0)
        for file in ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock"] {
            let status = try #require(FileOnDisk("\(stage.state)/\(file)"))
            #expect(status.owner == 65534 && status.group == 65534, "\(file)")
        }
        #expect(try stage.runAsNobody(words).output == "2\n")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a user outside the group is told which one, and never falls back in silence`() throws {
        try stage.enqueue("2 cats")
        chown(stage.state, 0, 4)
        chmod(stage.state, 0o2770)
        for verb in [words, ["list"], ["cancel", "1"]] {
            let answer = try stage.runAsNobody(verb)
            #expect(answer.code == 77 && answer.errors.contains("group \"adm\""), "\(answer)")
            #expect(answer.errors.contains("usermod -aG adm"), "\(answer)")
            #expect(answer.output == "")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a group without a name is named by its number, and one that is kept out is named too`() throws {
        try stage.enqueue("2 cats")
        chown(stage.state, 0, 54321)
        chmod(stage.state, 0o2770)
        let shared = try stage.runAsNobody(words)
        #expect(shared.code == 77 && shared.errors.contains("group \"54321\""), "\(shared)")
        chown(stage.state, 0, 4)
        chmod(stage.state, 0o755)
        let closed = try stage.runAsNobody(words)
        #expect(closed.code == 77 && closed.errors.contains("group is \"adm\""), "\(closed)")
        // Being in that group would not help.
        #expect(!closed.errors.contains("usermod"), "\(closed)")
    }

    @Test(.enabled(if: !FileOnDisk.exists("/var/lib/jobd"), "this machine has a /var/lib/jobd"))
    func `without a home it says that, and what to type`() throws {
        let none = ["HOME": "", "JOBD_STATE_DIR": ""]
        for verb in [["list"], words] {
            let answer = try stage.jobctl(verb, environment: none)
            #expect(answer.code == 69 && answer.errors.contains("$HOME is not set"), "\(answer)")
            #expect(
                answer.errors.contains("--state-dir") && !answer.errors.contains("enqueue makes"), "\(answer)"
            )
        }
        // What needs no store needs no home.
        #expect(try stage.jobctl(["models"], environment: none).code == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a configuration that may not be read is a matter of permission, named or not`() throws {
        try stage.enqueue("2 cats")
        chown(stage.state, 65534, 65534)
        for file in ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock"] {
            chown("\(stage.state)/\(file)", 65534, 65534)
        }
        mkdir(stage.folder + "/jobd", 0o755)
        let path = stage.file("jobd/config.json", "{}")
        chmod(path, 0o600)
        let home = ["XDG_CONFIG_HOME": stage.folder]
        for words in [["verify"], ["verify", "--config", path]] {
            let answer = try stage.runAsNobody(words, environment: home)
            #expect(answer.code == 77 && answer.errors.contains(path), "\(answer)")
        }
        chmod(path, 0o644)
        #expect(try stage.runAsNobody(["verify"], environment: home).code == 0)
    }

    @Test func `a named configuration that cannot be read is 66, and --set without an equals sign 64`() throws
    {
        try stage.enqueue("2 cats")
        for path in ["/nowhere/config.json", stage.folder] {
            let answer = try stage.jobctl("verify", "--config", path)
            #expect(answer.code == 66 && answer.errors.contains(path), "\(answer)")
        }
        #expect(try stage.jobctl("verify", "--set", "nothing").code == 64)
        #expect(try stage.jobctl("verify", "--set", "nothing=1").code == 78)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a directory that cannot be made is a matter of permission`() throws {
        let answer = try stage.runAsNobody(words + ["--state-dir", "/etc/jobd-test/x"])
        #expect(answer.code == 77, "\(answer)")
    }

    @Test func `a file where the directory should be is said`() throws {
        let path = stage.file("plain", "x")
        let answer = try stage.jobctl(words + ["--state-dir", path])
        #expect(answer.code == 69 && answer.errors.contains("not a directory"), "\(answer)")
    }
}
