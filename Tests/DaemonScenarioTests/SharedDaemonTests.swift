import Glibc
import JSON
import Scratch
import ScriptedServer
import System
import Testing

/// What jobctl and jobd tell each other by a store that several machines share.
@Suite(.enabled(if: SharedServer.isTested), .timeLimit(.minutes(10))) struct SharedDaemonTests {
    private func simulated() async throws -> Stage {
        let stage = try await Stage.shared()
        try await stage.simulate()
        return stage
    }

    @Test func `the jobds are listed, and what each has fetched is found`() async throws {
        let stage = try await simulated()
        let first = try stage.jobd()
        let id: Int64 = try await stage.enqueue()
        try await stage.wait(for: id, toBe: "completed")
        let neighbour = stage.neighbour()
        let second = try neighbour.jobd()
        try await eventually("both are there") {
            let overview = try await neighbour.overview()
            return overview["jobds"]?.array?.compactMap { $0["state_dir"]?.string }
                == [stage.state, neighbour.state]
        }
        // Each finds the file of the other, since both are on this machine.
        for other in [stage, neighbour] {
            let path = try await other.jobctl("files", String(id)).output.filter { !$0.isNewline }
            #expect(path.hasPrefix(stage.state + "/outputs/") && FileOnDisk.exists(path), "\(path)")
            #expect(try await other.jobctl("verify").code == 0)
        }
        // But removes only its own.
        let pruning = ["prune", "--older-than", "1s", "--files", "--yes"]
        try await eventually("it is old enough, and another's") {
            let pruned = try await neighbour.jobctl(pruning)
            return pruned.code == 1 && pruned.errors.contains("1 file is in another directory")
        }
        #expect(try await stage.jobctl(pruning).code == 0)
        for jobd in [first, second] { #expect(try await jobd.exitCode(after: SIGTERM) == 0) }
        #expect(try await stage.overview()["jobds"]?.array?.isEmpty == true)
    }

    @Test func `explain goes by the settings of the jobds`() async throws {
        let stage = try await simulated()
        try stage.jobd("models={\"\(Stage.sequential)\": {\"max_in_flight\": 0}}")
        try await eventually("it runs") {
            try await stage.overview()["jobd"]?["running"]?.bool == true
        }
        let id: Int64 = try await stage.enqueue()
        let laptop = stage.neighbour("laptop")
        let said = try JSON(parsing: try await laptop.jobctl("explain", String(id), "--json").output)
        #expect(said["reason"]?.string == "model_max_in_flight", "\(said)")
        #expect(said["hint"]?.string?.contains(stage.state) == true, "\(said)")
        let alike = try await laptop.jobctl("doctor")
        #expect(!alike.output.contains("the jobds differ"), "\(alike)")
        let neighbour = stage.neighbour()
        try neighbour.jobd("max_in_flight=5")
        try await eventually("doctor sees that they differ") {
            let output = try await laptop.jobctl("doctor").output
            return output.contains("the jobds differ in max_in_flight, models")
        }
        #expect(!FileOnDisk.exists(laptop.state))
        withExtendedLifetime(neighbour) {}
    }

    @Test func `a reload tells the new settings, but not of another store`() async throws {
        let stage = try await simulated()
        let address = stage.variables["JOBD_STORE"] ?? ""
        stage.variables["JOBD_STORE"] = nil
        func configure(_ store: String, _ limit: Int) {
            stage.file("config.json", #"{"store": "\#(store)", "max_in_flight": \#(limit)}"#)
        }
        configure(address, 3)
        stage.variables["JOBD_CONFIG"] = stage.scratch["config.json"]
        let jobd = try stage.jobd()
        let told = {
            try JSON(parsing: try stage.text("SELECT settings FROM daemons") ?? "{}")["max_in_flight"]?
                .integer
        }
        try await eventually("it tells its settings") { try told() == 3 }
        configure(address, 4)
        jobd.signal(SIGHUP)
        try await eventually("it tells the new ones") { try told() == 4 }
        configure(address + "&application_name=x", 5)
        jobd.signal(SIGHUP)
        try await eventually("it refuses") { jobd.errors.contains("stays as it was: store names another") }
        #expect(try told() == 4)
        #expect(!jobd.hasEnded)
    }

    @Test func `a hook's jobctl finds the store`() async throws {
        let stage = try await simulated()
        let out = stage.scratch["hook"]
        let script = stage.file(
            "hook.sh", "printf %s \"$JOBD_STORE\" >\(out).new && mv \(out).new \(out)\n")
        try stage.jobd("on_finish=[\"/bin/sh\", \"\(script)\"]")
        let id: Int64 = try await stage.enqueue()
        try await stage.wait(for: id, toBe: "completed")
        try await eventually("the hook ran") { FileOnDisk.exists(out) }
        #expect(
            FileOnDisk.bytes(out).map { String(decoding: $0, as: UTF8.self) } == stage.variables["JOBD_STORE"]
        )
    }

    @Test func `a local file reaches a jobd elsewhere by the object storage`() async throws {
        let storage = StorageServer()
        let stage = try await Stage.shared()
        try await stage.simulate(["--fetch-inputs"])
        stage.variables.merge(StorageTests.keys) { $1 }
        try stage.jobd("storage.url=s3://bucket/p", "storage.endpoint=\(storage.url)")
        try await eventually("it runs") {
            try await stage.overview()["jobd"]?["running"]?.bool == true
        }
        // The laptop has no configuration: the jobds tell which storage it is.
        let laptop = stage.neighbour("laptop")
        let picture = FileOnDisk.repository + "/Tests/Fixtures/media/still.png"
        let hash = SHA256.hexadecimal(of: FileOnDisk.bytes(picture) ?? [])
        let answer = try await laptop.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(picture)", "-q")
        #expect(answer.code == 0, "\(answer)")
        #expect(storage.objects["p/inputs/\(hash).png"]?.bytes == FileOnDisk.bytes(picture))
        let input = try JSON(parsing: try stage.text("SELECT input FROM jobs") ?? "")
        #expect(input["images"]?.array?.first?.string == "s3://bucket/p/inputs/\(hash).png")
        #expect(!FileOnDisk.exists(laptop.state))
        try await stage.wait(for: 1, toBe: "completed")
        // What cannot be uploaded stores nothing.
        storage.order { _, _ in .answer(StorageServer.error("AccessDenied", "403 Forbidden")) }
        let other = FileOnDisk.repository + "/Tests/Fixtures/media/still.jpg"
        let refused = try await laptop.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(other)")
        #expect(refused.code == 69 && refused.errors.contains("nothing was enqueued"), "\(refused)")
        #expect(try stage.jobCount() == 1)
    }
}
