import Glibc
import JSON
import Scratch
import Testing

/// What was paid for is fetched, whatever the way of the files does.
@Suite(.serialized) struct DownloadTests {
    @Test(arguments: [
        "file:cut=500;times=3", "file:html;times=2", "file:404;times=2", "file:500;times=3",
        "file:html-504;times=2", "file:redirect", "file:changed", "file:no-ranges", "file:no-type",
        "file:octet-stream", "file:chunked", "file:no-length", "file:wrong-length;times=2",
        "file:truncate-no-length;times=2", "file:short=100;times=2", "file:empty;times=2",
        "file:hang;times=1", "file:403;times=1", "file:503;retry-after=0;times=2", "result:no-cost",
        "result:null-cost", "result:time-digits=0", "result:time-digits=9", "result:echo",
        "result:duplicate-url", "status:uppercase", "result:uppercase", "result:404;times=2",
        "result:html;times=2", "submit:foreign-urls", "result:shape-string", "result:shape-array",
        "result:shape-objects", "result:shape-images", "result:shape-image", "result:shape-image-object",
        "result:shape-image-objects", "result:shape-both", "result:shape-nested", "result:shape-file",
    ])
    func `the file arrives whole`(fault: String) async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: \(fault)]]")
        try stage.jobd("timeout.silence=1s")
        try await stage.wait(for: id, toBe: "completed")
        let output = try #require(try await stage.job(id)["outputs"]?.array)
        #expect(output.count == 1)
        let path = try #require(output.first?["path"]?.string)
        let request = try #require(try stage.text("SELECT request_id FROM jobs"))
        try await stage.setFaults()
        if fault != "file:changed" {
            // The same bytes as the service has, now that nothing is in the way.
            let hash = Program.run("sha256sum", stage.state + "/outputs/" + path).output
            #expect(hash.hasPrefix(try #require(output.first?["sha256"]?.string)))
        }
        #expect(FileOnDisk.bytes(stage.state + "/outputs/" + path)?.starts(with: [0x89, 0x50]) == true)
        #expect(!request.isEmpty)
        let left = Program.run("find", stage.state + "/outputs", "-name", "*.part*").output
        #expect(left.isEmpty)
        #expect(try await stage.accepted() == 1)
    }

    @Test(arguments: [
        "result:foreign-host", "result:private-redirect", "file:redirect=https://elsewhere.example/x",
    ])
    func `a foreign host is refused and says what to do`(fault: String) async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: \(fault)]]")
        try stage.jobd("retry.attempts=2", "retry.patience=0s")
        try await stage.wait(for: id, toBe: "failed")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "download")
        #expect(try stage.text("SELECT error_message FROM jobs")?.isEmpty == false)
    }

    @Test func `a server of files that asks for time is given it`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("a fox [[fault: file:503;retry-after=2;times=1]]")
        try stage.jobd()
        try await stage.wait(for: id, toBe: "completed")
        let waited =
            "SELECT (julianday(ended_at) - julianday(at)) * 86400 > 1.9 FROM jobs JOIN events ON job_id = jobs.id"
        #expect(try stage.text(waited + " WHERE kind = 'fault'") == "1")
    }

    @Test func `a taken name is never overwritten`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue()
        Program.run("mkdir", "-p", stage.state + "/outputs")
        FileOnDisk.write("mine", to: stage.state + "/outputs/fox.png")
        try stage.jobd("output_name=fox.{ext}")
        try await stage.wait(for: id, toBe: "completed")
        #expect(FileOnDisk.text(stage.state + "/outputs/fox.png") == "mine")
        #expect(try stage.text("SELECT path FROM outputs") == "fox-2.png")
    }

    @Test func `a paid job outlives a full disk`() async throws {
        guard geteuid() == 0 else { return }
        let stage = try await Stage.simulated("--image-width", "700")
        let disk = stage.scratch["disk"]
        Program.run("mkdir", disk)
        let mounted = Program.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk)
        guard mounted.code == 0 else { return }
        defer { Program.run("umount", "-l", disk) }
        Program.run("dd", "if=/dev/zero", "of=\(disk)/filler", "bs=1k", "count=1010")
        let id = try await stage.enqueue()
        let jobd = try stage.jobd("output_dir=\(disk)")
        try await stage.wait(for: id, toBe: "downloading")
        try await eventually("it says what is in the way") {
            jobd.errors.contains("space") || jobd.errors.contains("disk")
        }
        #expect(try stage.state(of: id) == "downloading")
        try await eventually("the job's history says it too") {
            try stage.number("SELECT count(*) FROM events WHERE kind = 'fault' AND job_id = \(id)") == 1
        }
        Program.run("rm", "\(disk)/filler")
        try await stage.wait(for: id, toBe: "completed")
        let path = try #require(try stage.text("SELECT path FROM outputs"))
        #expect(path.hasPrefix(disk))
        #expect(try await stage.accepted() == 1)
    }

    @Test func `names sidecar and modes are as said`() async throws {
        let stage = try await Stage.simulated()
        let id = try await stage.enqueue("A red Fox, running!", "--label", "../spring 1")
        try await stage.drain("output_name={label}/{model}/{id}-{index}-{prompt}-{request_id}.{ext}")
        let path = try #require(try stage.text("SELECT path FROM outputs"))
        let request = try #require(try stage.text("SELECT request_id FROM jobs"))
        #expect(path.contains("000001-1-") && path.lowercased().contains("red-fox"))
        #expect(path.hasSuffix("\(request).png") && !path.contains(".."))
        let file = try #require(FileOnDisk(stage.state + "/outputs/" + path))
        #expect(file.mode == 0o600)
        let folder = stage.state + "/outputs/" + path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        #expect(FileOnDisk(folder)?.mode == 0o700)
        let sidecar = try #require(FileOnDisk.text(folder + "/000001.json"))
        let said = try JSON(parsing: sidecar)
        let job = try await stage.job(id)
        #expect(said["state"]?.string == "completed")
        for key in ["id", "model", "input", "request_id", "outputs", "cost_usd", "created_at", "ended_at"] {
            #expect(said[key] == job[key], "\(key)")
        }
        #expect(FileOnDisk(folder + "/000001.json")?.mode == 0o600)
        for name in ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock"] {
            #expect(FileOnDisk(stage.state + "/" + name)?.mode == 0o600, "\(name)")
        }
        #expect(FileOnDisk(stage.state)?.mode == 0o700)
    }

    @Test func `a shared directory shares with its group`() async throws {
        let stage = try await Stage.simulated()
        Program.run("mkdir", stage.state)
        chmod(stage.state, 0o2770)
        try await stage.enqueue()
        try stage.jobd("sidecar=false")
        try await stage.wait(for: 1, toBe: "completed")
        for name in ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock", "wake"] {
            #expect(FileOnDisk(stage.state + "/" + name)?.mode == 0o660, "\(name)")
        }
        let path = try #require(try stage.text("SELECT path FROM outputs"))
        #expect((FileOnDisk(stage.state + "/outputs/" + path)?.mode ?? 0) & 0o040 != 0)
        #expect(Program.run("find", stage.state + "/outputs", "-name", "*.json").output.isEmpty)
    }
}
