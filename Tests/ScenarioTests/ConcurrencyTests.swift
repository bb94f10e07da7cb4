import Glibc
import Testing

@Suite struct ConcurrencyTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test func `eight programs that enqueue at once, from a first start on, lose nothing`() throws {
        let script = """
            for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
                "$0" enqueue "$1" text="$2 $i" --label "$2" -q || exit $?
            done
            """
        let children = try (0..<8).map {
            try sandbox.start(
                ["-c", script, Sandbox.program, Sandbox.sequential, "worker \($0)"], program: "/bin/sh")
        }
        var answered: [Int64] = []
        for child in children {
            let answer = child.finish()
            #expect(answer.code == 0, "\(answer)")
            answered += answer.lines.compactMap { Int64($0) }
        }
        #expect(answered.count == 96)
        #expect(Set(answered).count == 96)
        let stored = try sandbox.texts("SELECT id FROM jobs ORDER BY id")
        #expect(stored == answered.sorted().map { String($0) })
        #expect(try sandbox.number("SELECT count(DISTINCT input) FROM jobs") == 96)
        #expect(try sandbox.text("PRAGMA integrity_check") == "ok")
    }

    @Test func `a job is stored by the time its answer is read, whatever happens to the program then`() throws
    {
        for round in 1...10 {
            let child = try sandbox.start(["enqueue", Sandbox.sequential, "text=\(round)", "-q"])
            try child.waits { child.outputSoFar.hasSuffix("\n") }
            child.signal(SIGKILL)
            _ = child.finish()
            #expect(try sandbox.jobCount() == round)
        }
    }
}
