import Glibc
import JSON
import Scratch
import Testing

/// `docs/notify.sh`, the example for on_finish and on_attention.
@Suite(.enabled(if: access("/usr/bin/jq", X_OK) == 0, "it needs jq")) struct NotifyTests {
    /// What `curl` was given, each message with the address that it went to.
    private func messages(_ stage: Stage) -> [String] {
        (FileOnDisk.text(stage.scratch["sent"]) ?? "").split(separator: "\n").map(String.init)
    }

    /// The settings that have the script tell a curl that only writes down what it is given.
    private func settings(_ stage: Stage, _ way: JSON...) throws -> [String] {
        let curl = """
            #!/bin/sh
            message=$(cat)
            for address; do :; done
            printf '%s <- %s\\n' "$address" "$message" >>\(stage.scratch["sent"])
            """
        chmod(stage.file("curl", curl), 0o755)
        let path = "PATH=\(stage.scratch.path):\(Program.folder):/usr/bin:/bin"
        let script = FileOnDisk.repository + "/docs/notify.sh"
        let command = JSON.array(["/usr/bin/env", .string(path), .string(script)] + way).text
        return ["on_finish=\(command)", "on_attention=\(command)"]
    }

    @Test func `a batch is one message, and a job without a label is one, too`() async throws {
        let stage = try await Stage.simulated()
        let settings = try settings(stage, "ntfy", "http://127.0.0.1/topic")
        for (label, count) in [("red foxes", 5), ("-cats'", 3)] {
            for _ in 1...count { try await stage.enqueue("a fox", "--label=\(label)") }
        }
        try await stage.enqueue("bad [[fault: result:failed]]", "--label=red foxes")
        try await stage.enqueue("alone")
        try await stage.drain(settings[0], settings[1])
        #expect(
            messages(stage).sorted() == [
                "http://127.0.0.1/topic <- -cats': 3 completed ($0.09)",
                "http://127.0.0.1/topic <- jobd: job 10 completed",
                "http://127.0.0.1/topic <- red foxes: 5 completed, 1 failed ($0.18)",
            ])
        // Later jobs with the same label are another batch.
        for _ in 1...2 { try await stage.enqueue("a fox", "--label=red foxes") }
        try await stage.drain(settings[0], settings[1])
        #expect(messages(stage).last == "http://127.0.0.1/topic <- red foxes: 2 completed ($0.06)")
        #expect(messages(stage).count == 4)
    }

    @Test func `a batch is of ended jobs, and what was never sent has cost nothing`() async throws {
        let stage = try await Stage.simulated()
        let settings = try settings(stage, "ntfy", "http://127.0.0.1/topic")
        try await stage.enqueue("set aside", "--label=foxes", "--hold")
        for _ in 1...2 { try await stage.enqueue("a fox", "--label=foxes") }
        try await stage.enqueue("refused [[fault: submit:422]]", "--label=foxes")
        try await stage.enqueue("dropped", "--label=foxes", "--hold")
        try await stage.jobctl("cancel", "5")
        try await stage.drain(settings[0], settings[1])
        #expect(
            messages(stage) == [
                "http://127.0.0.1/topic <- foxes: 1 cancelled, 2 completed, 1 failed ($0.06)"
            ])
        // The job that is set aside does not make one batch of all that come after it.
        try await stage.enqueue("a fox", "--label=foxes")
        try await stage.drain(settings[0], settings[1])
        #expect(messages(stage).last == "http://127.0.0.1/topic <- foxes: 1 completed ($0.03)")
    }

    @Test func `what is not about a job is named for what it is`() async throws {
        let stage = Stage()
        let settings = try settings(stage, "ntfy", "http://127.0.0.1/topic")
        let words = try #require(
            try JSON(parsing: String(settings[1].dropFirst("on_attention=".count))).array?.compactMap(
                \.string))
        for detail in [
            #"{"trouble": "space", "detail": "no room"}"#, #"{"pause": "token", "detail": "no token"}"#,
        ] {
            let event = #"{"delivery": 7, "event": {"kind": "fault", "detail": \#(detail)}}"#
            let answer = try stage.run(words[0], Array(words.dropFirst()), input: event)
            #expect(answer.code == 0, "\(answer)")
        }
        #expect(
            messages(stage) == [
                "http://127.0.0.1/topic <- jobd needs you: trouble (space): no room",
                "http://127.0.0.1/topic <- jobd needs you: submissions are paused: no token",
            ])
    }

    @Test func `a pick that is wanted and a source that failed are messages, each once`() async throws {
        let stage = try await Stage.simulated()
        let settings = try settings(stage, "ntfy", "http://127.0.0.1/topic")
        let attention = { messages(stage).filter { $0.contains("jobd needs you") } }
        try await stage.enqueue("a fox")
        try await stage.enqueue("bad [[fault: result:failed]]")
        for source in ["1/pick", "1/pick", "2"] {
            try await stage.jobctl("enqueue", "t/paint", "image=job:\(source)")
        }
        for _ in 1...2 { try await stage.drain(settings[0], settings[1]) }
        #expect(
            attention().sorted() == [
                "http://127.0.0.1/topic <- jobd needs you: job 1 is completed, and jobs 3-4 wait for your pick "
                    + "among its outputs",
                "http://127.0.0.1/topic <- jobd needs you: job 2 has failed, and job 5 waits for it",
            ])
        // A failure that is another one is told again.
        try await stage.jobctl("retry", "2")
        try await stage.drain(settings[0], settings[1])
        #expect(attention().count == 3)
        let events = try await stage.jobctl("events", "--kind", "fault").output
        #expect(events.contains("wait") && events.contains("source_failed"), "\(events)")
    }

    @Test func `what needs a person is a message, for Slack as JSON`() async throws {
        let stage = try await Stage.simulated()
        let settings = try settings(stage, "slack", "http://127.0.0.1/hook")
        try await stage.enqueue("bad \"quotes\" [[fault: submit:500]]")
        try await stage.drain(settings[0], settings[1])
        let sent = messages(stage)
        #expect(sent.count == 1 && sent[0].hasPrefix("http://127.0.0.1/hook <- "), "\(sent)")
        let message = try JSON(parsing: String(sent[0].split(separator: " <- ")[1]))
        #expect(
            message["text"]?.string?.hasPrefix("jobd needs you: job 1 is uncertain: HTTP 500") == true)
    }
}
