import Glibc
import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// A request belongs to the origin that it was bought at.
@Suite(.serialized) struct OriginTests {
    private let here = ScriptedService()
    private let elsewhere = ScriptedService()
    private let stage: Stage

    init() {
        stage = Stage(here)
        elsewhere.say("status", of: "*", .unknown)
    }

    @Test func `under another API URL a job is not asked for and continues by itself later`() async throws {
        try await stage.enqueue(named: "a")
        let first = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_progress")
        _ = try await first.exitCode(after: SIGTERM)
        stage.url = elsewhere.url
        let second = try await stage.drain("retry.patience=0s", code: 78)
        #expect(elsewhere.lines.isEmpty)
        #expect(try stage.state(of: 1) == "in_progress")
        #expect(second.errors.contains(here.url) && second.errors.contains("api_url"), "\(second.errors)")
        let attention = try await stage.overview()["attention"]?.text ?? ""
        #expect(attention.contains(here.url) && attention.contains("api_url"), "\(attention)")
        let told = try await stage.jobctl("explain", "1")
        #expect(told.output.contains("other_api_url") && told.output.contains(here.url), "\(told)")
        // A cancel of it waits, too.
        here.end("a")
        stage.url = here.url
        try await stage.drain()
        #expect(try stage.state(of: 1) == "completed")
        #expect(try await !(stage.overview()["attention"]?.text ?? "").contains("api_url"))
    }

    @Test func `a reload with another api URL costs no job its life`() async throws {
        for name in ["a", "b"] { try await stage.enqueue(named: name) }
        let file = stage.scratch["config.json"]
        func write(_ url: String) {
            FileOnDisk.write(#"{"api_url":"\#(url)","retry":{"patience":"0s"}}"#, to: file)
        }
        write(here.url)
        let jobd = try stage.start(
            ["--config", file] + Stage.quick.flatMap { ["--set", $0] },
            environment: ["RUNCOMFY_TOKEN": Stage.token], program: "jobd")
        for id in [1, 2] { try await stage.wait(for: Int64(id), toBe: "in_progress") }
        write(elsewhere.url)
        jobd.signal(SIGHUP)
        try await jobd.says("only after api_url is set back")
        let asked = here.lines.count
        // New work continues meanwhile.
        elsewhere.end("c")
        try await stage.enqueue(named: "c")
        try await stage.wait(for: 3, toBe: "completed")
        #expect(elsewhere.asked("status", of: "a") + elsewhere.asked("status", of: "b") == 0)
        #expect(here.lines.count <= asked + 2)
        for name in ["a", "b"] { here.end(name) }
        write(here.url)
        jobd.signal(SIGHUP)
        try await stage.waitUntilAllAre("completed")
        #expect(here.posts == 2 && elsewhere.posts == 1)
    }

    @Test func `a job without an origin counts for the present one`() async throws {
        try await stage.enqueue(named: "a")
        let first = try stage.jobd()
        try await stage.wait(for: 1, toBe: "in_progress")
        _ = try await first.exitCode(after: SIGTERM)
        #expect(try stage.text("SELECT origin FROM jobs") == here.url)
        try stage.execute("UPDATE jobs SET origin = NULL")
        try stage.jobd()
        try await eventually("its origin is known") { try stage.text("SELECT origin FROM jobs") == here.url }
        here.end("a")
        try await stage.wait(for: 1, toBe: "completed")
    }
}
