import JSON
import Scratch
import Testing

@Suite struct InputWordsTests {
    private let stage = Stage()

    private func input(_ words: String..., typed: String = "") throws -> String? {
        let answer = try stage.jobctl(["enqueue", Stage.sequential, "-n", "--json"] + words, input: typed)
        return answer.code == 0 ? try answer.object()["input"]?.text : "\(answer.code): \(answer.errors)"
    }

    @Test func `a text comes from a file or from standard input, without its last line's end`() throws {
        let path = stage.file("prompt.txt", "zwei Füchse\nim Schnee\r\n")
        #expect(try input("text=@\(path)") == #"{"text":"zwei Füchse\nim Schnee"}"#)
        #expect(try input("text=@-", typed: "foxes\n\n") == #"{"text":"foxes\n"}"#)
        #expect(try input("text=x", "seed=@-", typed: "7\n") == #"{"text":"x","seed":7}"#)
        #expect(try input("text:=@-", typed: "\"a b\"\n") == #"{"text":"a b"}"#)
        #expect(try input("text=@@home") == #"{"text":"@home"}"#)
        #expect(try input("text=me@home") == #"{"text":"me@home"}"#)
    }

    @Test func `the files of a matrix are read too`() throws {
        let path = stage.file("a.txt", "first, with a comma")
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "--matrix", "text=@\(path),@@b", "-n", "--json")
        #expect(
            try answer.objects().map { $0["input"]?["text"] } == ["first, with a comma", "@b"], "\(answer)")
    }

    @Test func `what is no text is refused, and a missing file is said with 66`() throws {
        let answer = try stage.jobctl("enqueue", Stage.sequential, "text=@none.txt")
        #expect(answer.code == 66 && answer.errors.contains("none.txt: No such file"), "\(answer)")
        #expect(answer.errors.contains("text=@@"), "the way to write an @ is told")
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=@").code == 64)
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=@/tmp").code == 66)
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=@-", input: "a\0b").code == 65)
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=@-", "seed=@-").code == 64)
        let path = stage.folder + "/latin1"
        try stage.run("/bin/sh", ["-c", "printf '\\374r' > \(path)"])
        let latin = try stage.jobctl("enqueue", Stage.sequential, "text=@\(path)")
        #expect(latin.code == 65 && latin.errors.contains("UTF-8"), "\(latin)")
        #expect(try stage.jobCount() == 0)
    }

    @Test func `validate reads its words in the same way`() throws {
        let path = stage.file("prompt.txt", String(repeating: "x", count: 601))
        #expect(try stage.jobctl("validate", "sequential", "text=@\(path)").code == 65)
        #expect(try stage.jobctl("validate", "sequential", "text=x").code == 0)
        let refused = try stage.jobctl("validate", "sequential", "txt=x")
        #expect(refused.errors.contains("schema of \(Stage.sequential):"), "\(refused)")
    }
}
