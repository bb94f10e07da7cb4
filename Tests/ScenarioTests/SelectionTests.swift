import JSON
import Scratch
import Testing

@Suite struct SelectionTests {
    private let stage: Stage

    /// Six queued jobs: 1 to 3 are labelled cats, 4 to 6 dogs; 6 is of another model.
    init() throws {
        stage = Stage()
        let lines = (1...6).map { index in
            let label = index <= 3 ? "cats" : "dogs"
            return index == 6
                ? #"{"model": "other/model", "input": {}, "label": "\#(label)"}"#
                : #"{"model": "\#(Stage.sequential)", "input": {"text": "x"}, "label": "\#(label)"}"#
        }
        let answer = try stage.jobctl("enqueue", "--batch", "-", input: lines.joined(separator: "\n"))
        try #require(answer.code == 0, "\(answer)")
    }

    private func held() throws -> [String] {
        try stage.texts("SELECT id FROM jobs WHERE state = 'held' ORDER BY id")
    }

    @Test(arguments: [
        (["1", "3"], "", ["1", "3"]), (["2-4"], "", ["2", "3", "4"]), (["5-99"], "", ["5", "6"]),
        (["-"], "1\n2 3\n\n6-6\n", ["1", "2", "3", "6"]), (["1", "1-2", "1"], "", ["1", "2"]),
        (["-", "6"], "1", ["1", "6"]), (["1,3"], "", ["1", "3"]), (["1,3-5"], "", ["1", "3", "4", "5"]),
        (["-"], "1,2\n", ["1", "2"]),
    ])
    func `ids are numbers, ranges, and lines of standard input`(
        words: [String], input: String, expected: [String]
    ) throws {
        let answer = try stage.jobctl(["hold", "-q"] + words, input: input)
        #expect(answer.code == 0, "\(answer)")
        #expect(try held() == expected)
    }

    @Test(arguments: [
        "0", "-1", "x", "3-1", "1-2-3", "1-", "1.5", "", "99999999999999999999", "\u{1B}[2J", "1,", ",1",
        "1,,2", "1,x",
    ])
    func `a word that is not an id is a usage error, and nothing is done`(word: String) throws {
        let answer = try stage.jobctl("hold", "1", word)
        #expect(answer.code == 64, "\(answer)")
        #expect(!answer.errors.unicodeScalars.contains("\u{1B}"))
        #expect(try held() == [])
    }

    @Test func `a range or a filter without any job ends with 1`() throws {
        #expect(try stage.jobctl("hold", "50-60").code == 1)
        #expect(try stage.jobctl("hold", "--label", "birds", "--yes").code == 1)
        #expect(try stage.jobctl("hold", "50").code == 1)
        #expect(try stage.jobctl("show", "50").code == 1)
    }

    @Test(arguments: [
        (["--label", "cats"], ["1", "2", "3"]), (["--model", "other/model"], ["6"]),
        (["--model", "other/*"], ["6"]), (["--model", "byte*", "--label", "dogs"], ["4", "5"]),
        (["--state", "queued"], ["1", "2", "3", "4", "5", "6"]), (["--model", "other/mode"], []),
        (["--model", "oth?r/*"], []), (["--state=held,queued", "--label=dogs"], ["4", "5", "6"]),
        (["--state", "held", "--state", "queued", "--model", "o*"], ["6"]),
    ])
    func `filters choose jobs`(words: [String], expected: [String]) throws {
        let answer = try stage.jobctl(["hold", "--yes"] + words)
        #expect(answer.code == (expected.isEmpty ? 1 : 0), "\(answer)")
        #expect(try held() == expected)
    }

    @Test func `without a terminal a filter needs --yes, and says how many it means`() throws {
        let answer = try stage.jobctl("cancel", "--label", "cats")
        #expect(answer.code == 64 && answer.errors.contains("3 jobs"), "\(answer)")
        #expect(answer.errors.contains("--yes"))
        #expect(try stage.jobCount("cancelled") == 0)
    }

    @Test func `a dry run shows them and does nothing, by filter and by ids`() throws {
        let answer = try stage.jobctl("cancel", "--label", "cats", "--dry-run")
        #expect(answer.code == 0)
        #expect(answer.lines == ["1", "2", "3"])
        #expect(
            try stage.jobctl("cancel", "2-3", "-n", "--json").objects().map { $0["id"] } == [
                .integer(2), .integer(3),
            ])
        #expect(try stage.jobCount("cancelled") == 0)
    }

    @Test func `what a retry of many would cost is said first`() throws {
        try stage.jobctl("cancel", "1-6")
        let answer = try stage.jobctl("retry", "--state", "cancelled", "--dry-run")
        #expect(answer.code == 0 && answer.errors.contains("6 jobs"), "\(answer)")
        #expect(answer.errors.contains("pri") || answer.errors.contains("$"), "\(answer)")
    }

    @Test func `the cancel of many says once that no jobd runs`() throws {
        for id in 1...3 as ClosedRange<Int64> { try stage.put(id, into: "in_queue") }
        let errors = try stage.jobctl("cancel", "1-3").errors
        #expect(errors.split(separator: "\n").count { $0.contains("jobd is not running") } == 1, "\(errors)")
        #expect(errors.hasPrefix("requested the cancellation of 3 jobs: 1-3;"), "\(errors)")
    }

    @Test func `only purchases are counted as cost, and refusals are reported`() throws {
        try stage.execute("UPDATE jobs SET price_usd = 0.25")
        for (id, kind) in [(1, "download"), (2, "download"), (3, "remote")] as [(Int64, String)] {
            try stage.put(id, into: "failed", errorKind: kind)
        }
        try stage.put(4, into: "completed")
        func talk(_ words: String...) throws -> String {
            try stage.jobctl(["retry", "--dry-run"] + words).errors
        }
        #expect(try talk("1-2") == "retry 2 jobs, which buys nothing; nothing was done\n")
        #expect(try talk("--state", "failed") == "retry 3 jobs (buys 1 job, about $0.25); nothing was done\n")
        #expect(try talk("1-2", "--resubmit") == "retry 2 jobs (about $0.50); nothing was done\n")
        #expect(try talk("4").hasPrefix("job 4 is completed; to make it again: jobctl rerun 4\n"))
        let asked = try stage.jobctl("retry", "--state", "failed")
        #expect(asked.code == 64, "\(asked)")
    }

    @Test func `an unknown state lists the known ones`() throws {
        let answer = try stage.jobctl("list", "--state", "runing")
        #expect(answer.code == 64 && answer.errors.contains("in_progress"), "\(answer)")
    }

    @Test func `a model may be the end of a known id, where jobs are chosen too`() throws {
        #expect(try stage.jobctl("list", "--model", "sequential", "-q").lines == ["1", "2", "3", "4", "5"])
        #expect(try stage.jobctl("hold", "--model", "seedream-4-0/sequential", "--yes").code == 0)
        #expect(try held().count == 5)
        #expect(try stage.jobctl("export", "--model", "sequential", "-q").lines.count == 5)
        let none = try stage.jobctl("list", "--model", "bytedance/seedream-4-0/sequentail")
        #expect(none.code == 0 && none.output == "")
        #expect(none.errors == "no job matches; did you mean --model \(Stage.sequential)?\n")
        #expect(try stage.jobctl("list", "--model", "eidt").errors.contains("--model \(Stage.edit)?"))
    }

    @Test(arguments: [
        ["list", "--label", "birds"], ["list", "77"], ["list", "70-80"], ["export", "--label", "birds"],
        ["export", "77"], ["events", "77"], ["events", "--label", "birds"], ["events", "--kind", "ended"],
        ["stats", "--model", "no/such"], ["gallery", "GALLERY", "--label", "birds"],
    ])
    func `a listing of nothing is empty, says so, and is no fault`(words: [String]) throws {
        let answer = try stage.jobctl(words.map { $0 == "GALLERY" ? stage.scratch["gallery"] : $0 })
        #expect(answer.code == 0 && answer.errors.contains("no "), "\(answer)")
        #expect(["stats", "gallery"].contains(words[0]) || answer.output == "", "\(answer)")
    }

    @Test(arguments: [
        ["cancel", "--label", "birds", "--yes"], ["show", "--label", "birds"], ["search", "zebra"],
        ["explain", "--label", "birds"], ["wait", "--label", "birds"],
        ["rerun", "--label", "birds", "--yes"],
    ])
    func `what acts on jobs, waits for them or explains them needs one`(words: [String]) throws {
        let answer = try stage.jobctl(words)
        #expect(answer.code == 1 && answer.output == "", "\(answer)")
        #expect(answer.errors.contains("jobctl: no job matches\n"), "\(answer)")
    }

    @Test func `ids and filters together are a usage error`() throws {
        #expect(try stage.jobctl("hold", "1", "--label", "cats", "--yes").code == 64)
        #expect(try stage.jobctl("hold").code == 64)
    }

    @Test func `the ids of one verb are the input of the next`() throws {
        let ids = try stage.jobctl("list", "--label", "cats", "-q").output
        #expect(try stage.jobctl("set", "-", "--label", "lions", input: ids).code == 0)
        #expect(try stage.jobCount(where: "label = 'lions'") == 3)
    }

    @Test func `a new label reaches every job that a filter names, whatever its state`() throws {
        try stage.put(6, into: "completed")
        #expect(try stage.jobctl("set", "--model", "other/*", "--label", "done", "--yes").code == 0)
        #expect(try stage.text("SELECT label FROM jobs WHERE id = 6") == "done")
    }
}
