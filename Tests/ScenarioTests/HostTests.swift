import Glibc
import JSON
import Scratch
import ScriptedServer
import Testing

/// `--host`: a verb on another machine looks like one on this machine.
@Suite(.enabled(if: SecureShell.isThere)) struct HostTests {
    private static let texts = [
        "it's", "two\nlines", "$HOME `id` $(id) %s %25", #"a "quoted" \ back\\slash\n"#, "!important !!", "",
        " ", "é 雪 👩‍🚀", "~ * ? [a] {b,c} < > | & ; #", "-x", "--label", "a=b", "%self", "\t",
    ]

    private static let shells = ["sh", "bash", "zsh", "fish", "tcsh"].filter { name in
        ["/bin/", "/usr/bin/"].contains { FileOnDisk.exists($0 + name) }
    }

    @Test(arguments: [nil] + shells.map(Optional.some))
    func `every word arrives as it was typed, whatever the login shell is`(shell: String?) async throws {
        let host = try await SecureShell(shell: shell)
        for (index, text) in Self.texts.enumerated() {
            let answer = try host.jobctl(
                "enqueue", "some/model", "text=\(text)", "--label", text, "--no-validate", "-q")
            #expect(
                answer.code == 0 && answer.output == "\(index + 1)\n", "\(shell ?? ""): \(text): \(answer)")
            let shown = try host.jobctl("show", "\(index + 1)", "--json").object()
            #expect(shown["input"]?["text"]?.string == text, "\(shell ?? "")")
        }
        let labels = try host.stage.texts("SELECT coalesce(label, '') FROM jobs ORDER BY id")
        #expect(labels == Self.texts)
        #expect(!FileOnDisk.exists(host.stage.scratch["nothing"]))
        #expect(host.logins == 1)
    }

    @Test func `streams and exit codes are those of a local call`() async throws {
        let host = try await SecureShell()
        let stage = host.stage
        for _ in 0..<3 { try await stage.enqueue("2 cats") }
        for words in [
            ["list"], ["list", "--json"], [], ["--json"], ["show", "99"], ["show", "99", "--json"], ["show"],
            ["list", "--state", "nonsense"], ["cancel", "--state", "queued"], ["events", "--limit", "2"],
            ["export", "--csv"], ["lst"], ["version"], ["search", "nothing"], ["explain", "1", "--json"],
        ] {
            let local = try await stage.jobctl(words)
            let there = try await stage.jobctl(words, environment: host.environment)
            #expect(there.description == local.description, "\(words)")
        }
        let verb = try await stage.jobctl(
            "list", "-q", "--host", host.url, environment: host.environment.merging(["JOBD_HOST": ""]) { $1 })
        #expect(verb.output == "1\n2\n3\n")
        // Help is here, without any other machine.
        let unreachable = ["JOBD_HOST": "ssh://127.0.0.1:9"]
        #expect(try await stage.jobctl("help", environment: unreachable).code == 0)
        #expect(try await stage.jobctl("list", "--help", environment: unreachable).code == 0)
        #expect(try await stage.jobctl("completion", "bash", environment: unreachable).code == 0)
        #expect(try host.jobctl("open", "1").errors.contains("--fetch DIR"))
    }

    @Test func `what keeps ssh from connecting is said in its words`() async throws {
        let host = try await SecureShell()
        func fails(_ words: String, _ changes: [String: String]) throws {
            let answer = try host.jobctl("list", environment: changes)
            #expect(answer.code == 69 && answer.output == "" && answer.errors.contains(words), "\(answer)")
            let json = try host.jobctl("list", "--json", environment: changes)
            let error = try JSON(parsing: json.errors)["error"]
            #expect(json.code == 69 && error?["kind"]?.string == "unavailable", "\(json)")
            #expect(error?["message"]?.string?.contains(words) == true, "\(json)")
        }
        let ssh = try #require(host.environment["JOBCTL_SSH"])
        try fails("Connection refused", ["JOBD_HOST": "ssh://127.0.0.1:9"])
        try fails("resolve hostname", ["JOBD_HOST": "ssh://nosuch.invalid"])
        try fails(
            "Host key verification failed",
            ["JOBCTL_SSH": "\(ssh) -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/dev/null"])
        try fails("Permission denied", ["JOBCTL_SSH": "\(ssh) -o PubkeyAuthentication=no"])
        try fails("No such file", ["JOBCTL_SSH": "/no/such/ssh"])
        #expect(try host.jobctl("list", environment: ["JOBD_HOST": "server"]).code == 64)
        let other = try await SecureShell(path: "/nowhere")
        let missing = try other.jobctl("list", "--json")
        #expect(missing.code == 69 && missing.errors.contains("jobctl was not found"), "\(missing)")
        #expect(try JSON(parsing: missing.errors)["error"]?["hint"] != nil)
    }

    @Test func `a connection that cannot be shared still works`() async throws {
        let host = try await SecureShell()
        try await host.stage.enqueue("2 cats")
        // Another's directory, and a path that is too long for a socket.
        let long = host.stage.scratch[String(repeating: "d", count: 90)]
        mkdir(long, 0o700)
        #expect(try host.jobctl("list", "-q", environment: ["XDG_RUNTIME_DIR": long]).output == "1\n")
        // What is left of a connection that has ended.
        #expect(try host.jobctl("list", "-q").output == "1\n")
        let folder = host.stage.scratch["run"] + "/jobctl"
        let socket = try #require(FileOnDisk.names(folder).first)
        Program.run("ssh", "-F", "none", "-S", "\(folder)/\(socket)", "-O", "exit", "nobody")
        FileOnDisk.write("", to: "\(folder)/\(socket)")
        #expect(try host.jobctl("list", "-q").output == "1\n")
    }

    // MARK: - Files

    @Test func `local files go along, and files over there are not meant`() async throws {
        let host = try await SecureShell()
        let stage = host.stage
        let line = #"{"model":"some/model","input":{"text":"from a batch"}}"# + "\n"
        let batch = stage.file("jobs.jsonl", line)
        let prompt = stage.file("prompt.txt", "from a file\n")
        let input = stage.file("input.json", #"{"text":"from an input"}"#)
        #expect(try host.jobctl("enqueue", "--batch", batch, "-q").output == "1\n")
        #expect(try host.jobctl("enqueue", "--batch", "-", "-q", input: line).output == "2\n")
        #expect(try host.jobctl("enqueue", "some/model", "text=@\(prompt)", "-q").output == "3\n")
        #expect(try host.jobctl("enqueue", "some/model", "text=@-", "-q", input: "piped").output == "4\n")
        #expect(try host.jobctl("enqueue", "some/model", "--input", input, "-q").output == "5\n")
        #expect(try host.jobctl("set", "-", "--label", "x", "-q", input: "1\n2\n").code == 0)
        let texts = try stage.texts("SELECT json_extract(input, '$.text') FROM jobs ORDER BY id")
        #expect(texts == ["from a batch", "from a batch", "from a file", "piped", "from an input"])
        #expect(try stage.jobCount(where: "label = 'x'") == 2)
        for words in [["enqueue", "--batch", "missing"], ["enqueue", "some/model", "text=@missing"]] {
            #expect(try await stage.jobctl(words, environment: host.environment).code == 66)
        }
        // It is there, but not here.
        let there = stage.scratch["there.txt"]
        let unseen = try host.jobctl(
            "enqueue", "some/model", #"a:={"b":"file:\#(there)"}"#, "text=@\(there)", "-q")
        #expect(unseen.code == 66, "\(unseen)")
        #expect(FileOnDisk.names("/var/tmp").filter { $0.hasPrefix("jobctl-") } == [])
    }

    @Test func `a local picture goes along as an input`() async throws {
        let host = try await SecureShell()
        let stage = host.stage
        let bytes = FileOnDisk.bytes(FileOnDisk.repository + "/Tests/Fixtures/media/still.png") ?? []
        let picture = stage.scratch["fox.png"]
        FileOnDisk.write(bytes, to: picture)
        let one = try host.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(picture)", "-q")
        #expect(one.output == "1\n", "\(one)")
        let line = #"{"model":"\#(Stage.edit)","input":{"prompt":"y","images":["file:\#(picture)"]}}"#
        let batch = stage.file("pictures.jsonl", line + "\n")
        #expect(try host.jobctl("enqueue", "--batch", batch, "-q").output == "2\n")
        let names = FileOnDisk.names(stage.state + "/inputs")
        #expect(names.count == 1 && FileOnDisk.bytes(stage.state + "/inputs/" + names[0]) == bytes)
        #expect(
            try stage.texts("SELECT DISTINCT json_extract(input, '$.images[0]') FROM jobs")
                == ["file:" + names[0]])
        #expect(try stage.texts("SELECT DISTINCT original FROM input_files") == [picture])
        let bad = try host.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(batch)", "--json")
        #expect(bad.code == 65 && bad.errors.contains("is application/json, not image"), "\(bad)")
    }

    @Test func `a command line may be as long as here`() async throws {
        let host = try await SecureShell()
        let text = String(repeating: "'\"", count: 50_000)
        #expect(try host.jobctl("enqueue", "some/model", "text=\(text)", "-q").output == "1\n")
        #expect(try host.stage.text("SELECT json_extract(input, '$.text') FROM jobs") == text)
    }

    /// A stage with two completed jobs, and a directory here.
    private func completed() async throws -> (SecureShell, here: String) {
        let stage = try await Stage.completed(2)
        return (try await SecureShell(stage), stage.scratch["here"])
    }

    @Test func `files are brought here, whole, and none is overwritten`() async throws {
        let (host, here) = try await completed()
        let stage = host.stage
        let paths = try await stage.jobctl("files").lines
        let fetched = try host.jobctl("files", "--fetch", here)
        #expect(fetched.code == 0 && fetched.errors == "", "\(fetched)")
        #expect(fetched.lines.map { FileOnDisk.bytes($0) } == paths.map { FileOnDisk.bytes($0) })
        #expect(fetched.lines.allSatisfy { $0.hasPrefix(here + "/") })
        // Once more: they are there.
        #expect(try host.jobctl("files", "--fetch", here).output == fetched.output)
        FileOnDisk.write("mine", to: fetched.lines[0])
        let again = try host.jobctl("files", "1", "--fetch", here, "--json").objects()
        let second = try #require(again.first?["file"]?.string)
        #expect(second.contains("-2.") && FileOnDisk.content(fetched.lines[0]) == "mine")
        #expect(try host.jobctl("files", "--fetch", here, "-q").output == "1\n2\n")
        // The same from this machine.
        let local = try await stage.jobctl("files", "--fetch", stage.scratch["copies"])
        #expect(local.lines.map { FileOnDisk.bytes($0) } == paths.map { FileOnDisk.bytes($0) })
        // What is not what the record says does not arrive.
        FileOnDisk.write("damaged", to: paths[1])
        unlink(paths[0])
        for answer in [
            try host.jobctl("files", "--fetch", stage.scratch["new"]),
            try await stage.jobctl("files", "--fetch", stage.scratch["new"]),
        ] {
            #expect(
                answer.code == 1 && answer.output == "" && answer.errors.contains("jobctl verify"),
                "\(answer)")
            #expect(FileOnDisk.names(stage.scratch["new"]) == [])
        }
    }

    @Test func `a gallery is made here`() async throws {
        let (host, here) = try await completed()
        let stage = host.stage
        func files(_ folder: String) -> [String] {
            ["files", "thumbnails"].flatMap { name in FileOnDisk.names("\(folder)/\(name)").sorted() }
        }
        let made = try host.jobctl("gallery", here)
        #expect(made.code == 0 && made.output == "\(here)/index.html\n", "\(made)")
        let local = stage.scratch["local"]
        #expect(try await stage.jobctl("gallery", local, "--copy").code == 0)
        #expect(files(here) == files(local))
        for name in FileOnDisk.names(here + "/files") {
            #expect(FileOnDisk.bytes("\(here)/files/\(name)") == FileOnDisk.bytes("\(local)/files/\(name)"))
            #expect(Program.run("test", "-L", "\(here)/files/\(name)").code == 1)
        }
        for name in FileOnDisk.names(here + "/thumbnails") {
            #expect(FileOnDisk("\(here)/thumbnails/\(name)")?.size ?? 0 > 100)
        }
        #expect(FileOnDisk.bytes(here + "/index.html") == FileOnDisk.bytes(local + "/index.html"))
        // Only what is new is made and sent; what is gone is removed.
        let before = FileOnDisk.names(here + "/files").map { FileOnDisk("\(here)/files/\($0)")?.inode }
        #expect(try host.jobctl("gallery", here, "--json").object()["made"]?.integer == 0)
        #expect(FileOnDisk.names(here + "/files").map { FileOnDisk("\(here)/files/\($0)")?.inode } == before)
        #expect(try host.jobctl("gallery", here, "2", "-q").output == "2\n")
        #expect(FileOnDisk.names(here + "/files").count == 1)
        let foreign = stage.scratch["foreign"]
        mkdir(foreign, 0o700)
        FileOnDisk.write("mine", to: foreign + "/x")
        #expect(try host.jobctl("gallery", foreign).code == 1)
        #expect(FileOnDisk.names(foreign) == ["x"])
    }

    /// A stage with two completed jobs whose files are only in the storage, and a directory here.
    private func moved() async throws -> (SecureShell, StorageServer, here: String) {
        let (stage, server) = (try await Stage.simulated("--image-width", "800"), StorageServer())
        // As the other machine's own user has them.
        mkdir(stage.scratch[".config"], 0o700)
        mkdir(stage.scratch[".config/jobd"], 0o700)
        mkdir(stage.scratch[".aws"], 0o700)
        stage.file(
            ".config/jobd/config.json",
            """
            {"storage": {"url": "s3://bucket", "endpoint": "\(server.url)", "outputs": "move"}}
            """)
        stage.file(".aws/credentials", "[default]\naws_access_key_id=key\naws_secret_access_key=hush-hush\n")
        for number in 1...2 { try await stage.enqueue("fox \(number)") }
        try await stage.drain()
        #expect(try stage.number("SELECT count(*) FROM outputs WHERE local = 'gone'") == 2)
        return (try await SecureShell(stage), server, stage.scratch["here"])
    }

    @Test func `files in the other machine's storage are brought here once`() async throws {
        let (host, server, here) = try await moved()
        func downloads() -> Int { server.requests.count { $0.line.hasPrefix("GET /bucket/outputs/") } }
        let fetched = try host.jobctl("files", "--fetch", here)
        #expect(fetched.code == 0 && fetched.errors == "", "\(fetched)")
        let objects = try host.stage.texts("SELECT object FROM outputs ORDER BY job_id").map {
            server.objects[String($0.dropFirst("s3://bucket/".count))]?.bytes
        }
        #expect(fetched.lines.map { FileOnDisk.bytes($0) } == objects)
        #expect(fetched.lines.allSatisfy { $0.hasPrefix(here + "/") })
        #expect(downloads() == 2)
        let gallery = host.stage.scratch["gallery"]
        let made = try host.jobctl("gallery", gallery, "--json").object()
        #expect(made["files"]?.integer == 2 && made["thumbnails"]?.integer == 2, "\(made)")
        #expect(
            Set(FileOnDisk.names(gallery + "/files").map { FileOnDisk.bytes("\(gallery)/files/\($0)") })
                == Set(objects))
        // Once each, though each also has a thumbnail; and not at all once they are here.
        #expect(downloads() == 4)
        #expect(try host.jobctl("gallery", gallery, "--json").object()["files"]?.integer == 2)
        #expect(downloads() == 4)
        #expect(FileOnDisk.names(gallery + "/files").count == 2)
        // What cannot be had is named.
        for key in server.objects.keys { server.remove(key) }
        let lost = try host.jobctl("files", "--fetch", host.stage.scratch["new"])
        #expect(lost.code == 1 && lost.errors.contains("s3://bucket/outputs/"), "\(lost)")
        server.accept(keyID: "another")
        let refused = try host.jobctl("files", "--fetch", host.stage.scratch["new"])
        #expect(refused.code == 69 && refused.errors.contains("403"), "\(refused)")
    }

    // MARK: - Terminals and signals

    @Test func `a terminal is one over there too`() async throws {
        let host = try await SecureShell()
        for _ in 0..<3 { try await host.stage.enqueue("2 cats") }
        let list = try PseudoTerminal(host.stage, ["list"], environment: host.environment)
        #expect(try await list.program.exitCode() == 0)
        try list.shows("queued")
        #expect(list.text.contains("\u{1B}[") && !list.text.contains("closed"))
        let watch = try PseudoTerminal(host.stage, ["watch"], environment: host.environment, columns: 100)
        try watch.shows("2 cats")
        watch.type("q")
        #expect(try await watch.program.exitCode() == 0)
        let asked = try PseudoTerminal(
            host.stage, ["cancel", "--state", "queued"], environment: host.environment)
        try asked.type("y\n", shows: "cancel")
        #expect(try await asked.program.exitCode() == 0)
        #expect(try host.stage.jobCount("cancelled") == 3)
    }

    @Test(arguments: [SIGINT, SIGKILL])
    func `an interrupt reaches the other side`(number: Int32) async throws {
        let host = try await SecureShell()
        try await host.stage.enqueue("2 cats")
        let mark = "\(70_000 + Int(getpid()) + Int(number))s"
        let wait = try host.start("wait", "1", "--timeout", mark)
        try await wait.says("waiting for job 1")
        let code = try await wait.exitCode(after: number)
        #expect(code == (number == SIGINT ? 130 : -SIGKILL), "\(wait.errors)")
        if number == SIGINT { #expect(wait.errors.contains("jobctl wait 1"), "\(wait.errors)") }
        try await eventually("nobody waits over there") {
            Program.run("pgrep", "-f", "timeout%3D\(mark)").output == ""
        }
    }

    @Test func `a completion waits for no other machine`() async throws {
        let stage = Stage()
        let environment = ["JOBD_HOST": "ssh://10.255.255.1", "JOBCTL_SSH": "sleep 100"]
        let words = try await stage.jobctl("complete", "zsh", "show", "", environment: environment)
        #expect(words.code == 0 && words.output == "")
        #expect(
            try await stage.jobctl("complete", "zsh", "lis", environment: environment).output.hasPrefix(
                "list"))
        #expect(try await stage.jobctl("complete", "zsh", "list", "--hos").output.hasPrefix("--host"))
    }
}
