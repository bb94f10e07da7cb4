import Glibc
import Scratch
import Testing

@Suite struct ConcurrencyTests {
    private let stage = Stage()

    @Test func `eight programs that enqueue at once, from a first start on, lose nothing`() throws {
        let script = """
            for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
                "$0" enqueue "$1" text="$2 $i" --label "$2" -q || exit $?
            done
            """
        let children = try (0..<8).map {
            try stage.start(
                ["-c", script, Program.jobctl, Stage.sequential, "worker \($0)"], program: "/bin/sh")
        }
        var answered: [Int64] = []
        for child in children {
            let answer = try child.answer()
            #expect(answer.code == 0, "\(answer)")
            answered += answer.lines.compactMap { Int64($0) }
        }
        #expect(answered.count == 96)
        #expect(Set(answered).count == 96)
        let stored = try stage.texts("SELECT id FROM jobs ORDER BY id")
        #expect(stored == answered.sorted().map { String($0) })
        #expect(try stage.number("SELECT count(DISTINCT input) FROM jobs") == 96)
        #expect(try stage.text("PRAGMA integrity_check") == "ok")
    }

    @Test func `a job is stored by the time its answer is read, whatever happens to the program then`() throws
    {
        for round in 1...10 {
            let child = try stage.start(["enqueue", Stage.sequential, "text=\(round)", "-q"])
            try eventually("it is so") { child.output.hasSuffix("\n") }
            child.signal(SIGKILL)
            _ = try child.answer()
            #expect(try stage.jobCount() == round)
        }
    }
}
