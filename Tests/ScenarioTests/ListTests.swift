import JSON
import Scratch
import Testing

@Suite struct ListTests {
    private let stage = Stage()

    private func ids(_ words: String...) throws -> String {
        try stage.jobctl(["list", "-q"] + words).lines.joined(separator: " ")
    }

    @Test func `any order, greatest last, and a limit keeps the greatest either way`() throws {
        for cost in ["3", "1", "NULL", "2"] {
            let id = try stage.enqueue("2 cats")
            try stage.put(id, into: "completed")
            try stage.execute("UPDATE jobs SET cost_usd = \(cost) WHERE id = \(id)")
        }
        #expect(try ids("--sort", "cost") == "3 2 4 1")
        #expect(try ids("--sort", "-cost_usd") == "1 4 2 3")
        #expect(try ids("--sort", "cost", "--reverse", "--limit", "2") == "1 4")
        #expect(try ids("--sort", "cost", "--limit", "2") == "4 1")
        #expect(try ids("-r") == "4 3 2 1")
        #expect(try ids("-r", "--limit", "3") == "4 3 2")
    }

    @Test func `every order works with every filter, and follows the values`() throws {
        let states = ["held", "queued", "failed", "completed", "in_progress"]
        for (index, state) in states.enumerated() {
            let id = try stage.enqueue("2 cats", "--priority", "\(-index)", "--label", index < 3 ? "a" : "b")
            try stage.put(id, into: state)
        }
        #expect(try ids("--sort", "priority") == "5 4 3 2 1")
        #expect(try ids("--sort", "state") == "1 2 5 4 3")
        #expect(try ids("--sort", "priority", "--label", "a") == "3 2 1")
        #expect(try ids("--sort", "priority", "--state", "held,failed") == "3 1")
        #expect(try ids("--sort", "priority", "--state", "completed,held", "--label", "a") == "1")
        #expect(try ids("--sort", "priority", "--model", "nothing*") == "")
        for key in [
            "id", "created", "submitted", "started", "finished", "ended", "waited", "queued", "ran",
            "fetched", "price", "cost", "submissions", "model", "label",
        ] {
            let answer = try stage.jobctl("list", "-q", "--sort", key)
            #expect(answer.code == 0 && Set(answer.lines) == ["1", "2", "3", "4", "5"], "\(key)")
        }
    }

    @Test func `ids choose jobs, in the order of the list`() throws {
        for priority in ["1", "3", "2"] { try stage.enqueue("2 cats", "--priority", priority) }
        #expect(try ids("3,1") == "1 3" && ids("2-9") == "2 3" && ids("1", "3", "-r") == "3 1")
        #expect(try ids("1-3", "--sort", "priority") == "1 3 2")
        #expect(try ids("1-3", "--sort", "priority", "--limit", "2") == "3 2")
        #expect(try stage.jobctl("list", "1-2", "--count").output == "2\n")
        #expect(try stage.jobctl("list", "1", "--state", "queued").code == 64)
        let some = try stage.jobctl("list", "1", "8")
        #expect(some.code == 0 && some.lines.count == 1 && some.errors == "no job 8\n", "\(some)")
    }

    @Test func `columns are chosen by name, with exact values in a pipe`() throws {
        try stage.put(try stage.enqueue("2 cats", "--label", "x"), into: "completed")
        try stage.execute(
            """
            UPDATE jobs SET submitted_at = '2026-01-01 00:00:00.000', started_at = '2026-01-01 00:00:01.500',
                finished_at = '2026-01-01 00:01:02.000', ended_at = '2026-01-01 00:01:02.250', cost_usd = 0.5
            """)
        #expect(
            try stage.jobctl("list", "--columns", "id,label,queued,ran_s,fetched,cost,started,key,files")
                .output
                == "1\tx\t1.5\t60.5\t0.25\t0.5\t2026-01-01 00:00:01.500\t\t0\n")
        let object = try stage.jobctl("list", "--columns", "id,ran,prompt", "--json").object()
        #expect(object.keys == ["id", "ran", "prompt"])
        #expect(object["prompt"] == .string("2 cats"))
    }

    @Test func `counting agrees with listing`() throws {
        for state in ["queued", "failed", "failed", "completed", "cancelled"] {
            try stage.put(try stage.enqueue("2 cats", "--label", state), into: state)
        }
        for filter in [
            [], ["--state", "failed"], ["--state", "completed,failed"], ["--label", "failed"],
            ["--model", "x"],
        ] {
            let listed = try stage.jobctl(["list", "-q"] + filter).lines.count
            let counted = try stage.jobctl(["list", "--count"] + filter)
            #expect(counted.output == "\(listed)\n", "\(filter)")
        }
        let counts = try stage.jobctl("list", "--count", "--json").object()
        #expect(counts["jobs"] == .integer(5) && counts["states"]?["failed"] == .integer(2))
        #expect(counts["states"]?["completed"] == .integer(1))
    }

    @Test(arguments: [
        (["--sort", "csot"], "did you mean cost?"), (["--columns", "id,prise"], "did you mean price?"),
        (["--columns", ""], "columns are"), (["--state", "faild"], "did you mean failed?"),
        (["--count", "--limit", "1"], "--count"),
    ])
    func `an unknown word is answered with the nearest`(words: [String], says: String) throws {
        try stage.enqueue("2 cats")
        let answer = try stage.jobctl(["list"] + words)
        #expect(answer.code == 64 && answer.output == "" && answer.errors.contains(says), "\(answer)")
    }
}
