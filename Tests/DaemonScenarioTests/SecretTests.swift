import Glibc
import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// The token goes to the API's origin, and nowhere else; what is made is for those alone whom it is meant
/// for.
@Suite(.serialized) struct SecretTests {
    @Test(arguments: [0o604, 0o602, 0o606, 0o644, 0o666, 0o777] as [mode_t])
    func `a token file that is open to others is refused`(mode: mode_t) async throws {
        let stage = Stage()
        let file = stage.file("token", Stage.token)
        chmod(file, mode)
        let jobd = try stage.jobd("token_file=\(file)", options: ["--check"])
        #expect(try await jobd.exitCode() == 77)
        #expect(jobd.errors.contains("chmod 600") && !jobd.errors.contains(Stage.token))
        for tight: mode_t in [0o600, 0o400, 0o640, 0o660] {
            chmod(file, tight)
            let jobd = try stage.jobd("token_file=\(file)", options: ["--check"])
            #expect(try await jobd.exitCode() == 0, "\(jobd.errors)")
            #expect(jobd.output.contains("token") && !jobd.output.contains(Stage.token))
        }
    }

    @Test(arguments: ["two words", "a\u{1}b", "käse", "a\nb"])
    func `an invalid token is not shown`(text: String) async throws {
        let stage = Stage()
        let file = stage.file("token", Stage.token + text)
        let jobd = try stage.jobd("token_file=\(file)", options: ["--check"])
        #expect(try await jobd.exitCode() == 77)
        #expect(!(jobd.errors + jobd.output).contains(Stage.token))
    }

    /// The command sees the job and no token: in its environment, its input, its open files, or in jobd
    /// itself.
    @Test func `a command of the configuration is not told the token`() async throws {
        let stage = try await Stage.simulated()
        let (saw, done) = (stage.scratch["saw"], stage.scratch["done"])
        let script = "(env; cat; ls -l /proc/self/fd; cat /proc/self/cmdline) > \(saw); mv \(saw) \(done)"
        let id = try await stage.enqueue("a fox")
        let file = stage.file("token", Stage.token)
        let command = JSON.array(["/bin/sh", "-c", .string(script)]).text
        try await stage.drain("on_finish=\(command)", "token_file=\(file)")
        #expect(try stage.state(of: id) == "completed")
        let seen = try #require(FileOnDisk.text(done))
        #expect(seen.contains("PATH=") && seen.contains(#""state":"completed""#))
        #expect(!seen.contains(Stage.token) && !seen.contains("TOKEN") && !seen.contains("jobs.db"))
    }

    /// Another program that dies by the same signal shows that this machine makes dumps at all.
    @Test(
        .enabled(if: getenv("TSAN_OPTIONS") == nil && getenv("ASAN_OPTIONS") == nil, "they catch the signal"))
    func `a crash leaves no core with the token in it`() async throws {
        let stage = try await Stage.simulated()
        let script = """
            cd \(stage.scratch.path); ulimit -c unlimited
            bash -c 'kill -SEGV $$'; rm -f core*
            export RUNCOMFY_TOKEN=\(Stage.token) SWIFT_BACKTRACE=enable=no
            \(Program.folder)jobd --state-dir \(stage.state) --api-url \(stage.url) & daemon=$!
            for try in $(seq 600); do [ -S \(stage.state)/wake ] && break; sleep 0.1; done
            kill -SEGV $daemon; wait $daemon
            """
        let said = Program.run("bash", "-c", script).output
        let ends = said.split(separator: "\n").filter { $0.contains("Segmentation fault") }
        guard ends.contains(where: { $0.contains("kill -SEGV") && $0.contains("core dumped") }) else {
            return
        }
        #expect(ends.contains { $0.contains("api-url") && !$0.contains("core dumped") }, "\(said)")
        let found = Program.run("grep", "-rlaF", "--exclude-dir=simulator", Stage.token, stage.scratch.path)
        #expect(!found.output.contains("core"), "\(found.output)")
    }

    /// The API, and a server of files on another port of its host: answers, redirects and files lead there
    /// and back. `ls` opens the directory itself, as 3.
    @Test func `a command of the configuration gets no open file of ours`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue()
        let jobd = try await stage.drain(#"on_finish=["/bin/ls", "-m", "/proc/self/fd"]"#)
        #expect(jobd.errors.split(separator: "\n").contains("0, 1, 2, 3"), "\(jobd.errors)")
    }

    @Test func `the token goes to no other port and along no redirect`() async throws {
        let files = ScriptedServer(answering: ScriptedServer.answer(ScriptedService.pixel))
        let elsewhere = files.url
        let api = ScriptedServer { peer in
            while let request = peer.receive() {
                let path = request.line.split(separator: " ")[1]
                switch true {
                case request.line.hasPrefix("POST"):
                    peer.send(
                        ScriptedServer.answer(
                            #"""
                            {"request_id":"r-1","status_url":"\#(elsewhere)/s","result_url":"\#(elsewhere)/r"}
                            """#))
                case path.contains("/status"):
                    peer.send(
                        ScriptedServer.answer(#"{"status":"completed","result_url":"\#(elsewhere)/r"}"#))
                case path.contains("/result"):
                    peer.send(
                        ScriptedServer.answer(
                            #"{"status":"succeeded","output":["\#(elsewhere)/a.gif","/own","\#(elsewhere)/b"]}"#
                        ))
                default:
                    peer.send(
                        ScriptedServer.answer(
                            "", status: "302 Found", headers: "Location: \(elsewhere)\(path)\r\n"))
                }
            }
        }
        let stage = Stage(url: api.url)
        let id = try await stage.enqueue("a fox")
        try await stage.drain("retry.patience=0s")
        // What is no address is asked of nobody, and not passed over.
        #expect(try stage.state(of: id) == "failed")
        #expect(try stage.number("SELECT count(*) FROM outputs WHERE state = 'done'") == 2)
        #expect(files.requests.map(\.line).sorted() == ["GET /a.gif HTTP/1.1", "GET /b HTTP/1.1"])
        for request in files.requests {
            #expect(!request.headers.fields.contains { $0.value.contains(Stage.token) })
        }
        #expect(api.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(Stage.token)" })
    }

    @Test(arguments: ["000", "077", "022"])
    func `whatever the umask the modes are those of the directory`(mask: String) async throws {
        for (mode, file, folder, output): (String, UInt32, UInt32, UInt32) in [
            ("700", 0o600, 0o700, 0o600), ("2770", 0o660, 0o2750, 0o640),
        ] {
            let stage = try await Stage.simulated()
            Program.run("mkdir", stage.state)
            Program.run("chmod", mode, stage.state)
            try await stage.enqueue("a fox")
            let script = """
                umask \(mask); export RUNCOMFY_TOKEN=\(Stage.token)
                exec \(Program.folder)jobd --state-dir \(stage.state) --api-url \(stage.url) \
                    --set min_free=0 --set poll.min=20ms & daemon=$!
                for try in $(seq 600); do [ -e \(stage.state)/outputs/*/000001.json ] && break; sleep 0.1; done
                stat -c '%A %a %n' \(stage.state)/* \(stage.state)/outputs/* \(stage.state)/outputs/*/*
                kill $daemon; wait $daemon
                """
            let lines = Program.run("bash", "-c", script).output.split(separator: "\n").filter {
                $0.contains(stage.state)
            }
            for line in lines where !line.contains("runs on") {
                let words = line.split(separator: " ")
                guard words.count == 3, let found = UInt32(words[1], radix: 8) else { continue }
                let isOutput = words[2].contains("/outputs/")
                let expected = words[0].hasPrefix("d") ? folder : isOutput ? output : file
                #expect(found == expected, "umask \(mask), directory \(mode): \(line)")
            }
            for name in ["jobs.db", "jobs.db-wal", "lock", "wake", "outputs", "000001.json", "000001-1.png"] {
                #expect(lines.contains { $0.hasSuffix("/" + name) }, "\(name) under \(mask) in \(mode)")
            }
        }
    }

    /// Links that someone planted in the state directory, each to a file that is not to be touched.
    @Test(arguments: ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock", "wake"])
    func `no link is followed out of the state directory`(name: String) async throws {
        let stage = try await Stage.simulated()
        let victim = stage.file("victim", "precious")
        chmod(victim, 0o640)
        Program.run("mkdir", "-m", "700", stage.state)
        if name.hasPrefix("jobs.db-") { try await stage.enqueue("a fox") }
        unlink(stage.state + "/" + name)
        #expect(symlink(victim, stage.state + "/" + name) == 0)
        let jobd = try stage.jobd(options: ["--drain"])
        let code = try await jobd.exitCode()
        #expect([0, 69, 74].contains(code), "\(name): \(code) \(jobd.errors)")
        try await stage.jobctl("enqueue", Stage.sequential, "text=x")
        #expect(FileOnDisk.text(victim) == "precious", "\(name)")
        #expect(FileOnDisk(victim)?.mode == 0o640, "\(name)")
    }
}
