import JSON
import Scratch
import Testing

@Suite struct HelpTests {
    private let stage = Stage()

    private func topics() throws -> [String] {
        try stage.jobctl("help", "--json").objects().compactMap { $0["topic"]?.string }
    }

    @Test func `a verb may be shortened if only one begins so`() throws {
        try stage.enqueue("2 cats")
        #expect(try stage.jobctl("li", "-q").output == "1\n")
        #expect(try stage.jobctl("enq", Stage.sequential, "text=x", "-q").output == "2\n")
        #expect(try stage.jobctl("help", "enq").output == stage.jobctl("help", "enqueue").output)
        let several = try stage.jobctl("re", "1")
        #expect(several.code == 64)
        for verb in ["retry", "release", "resolve", "resume"] { #expect(several.errors.contains(verb)) }
        // The verb that completion scripts call is never shortened, and shortens no other.
        #expect(try stage.jobctl("complete", "zsh", "backu").output.hasPrefix("backup"))
        #expect(try stage.jobctl("complet", "zsh").output.contains("#compdef"))
    }

    @Test func `help and scripts are objects with --json too`() throws {
        let verbs = try stage.jobctl("--help", "--json").objects().compactMap { $0["verb"]?.string }
        #expect(verbs.count > 20)
        for verb in verbs {
            let help = try stage.jobctl(verb, "--help", "--json")
            #expect(try help.code == 0 && help.object()["verb"]?.string == verb, "\(help)")
        }
        let script = try stage.jobctl("completion", "bash", "--json").object()["script"]?.string
        #expect(try script == stage.jobctl("completion", "bash").output)
    }

    @Test func `with -q events are the ids of their jobs`() throws {
        try stage.enqueue("2 cats")
        try stage.jobctl("hold", "1")
        try stage.jobctl("pause")
        #expect(try stage.jobctl("events", "-q").output == "1\n1\n")
    }

    @Test func `topics are listed, completed, explained, and part of the manual`() throws {
        let overview = try stage.jobctl("help").output
        let page = try stage.jobctl("--man", "2026-01-31").output
        #expect(try topics().count >= 6)
        for topic in try topics() {
            #expect(overview.contains(topic))
            let help = try stage.jobctl("help", topic)
            #expect(help.code == 0 && help.output.hasPrefix("\(topic) - "), "\(help)")
            let code = topic == "exit-codes" ? "exit status" : topic
            #expect(page.lowercased().contains(code.replacing("-", with: "\\-")))
            let object = try stage.jobctl("help", topic, "--json").object()
            #expect(object["topic"] == .string(topic))
        }
        #expect(try stage.jobctl("complete", "zsh", "help", "templ").output.hasPrefix("templates"))
        #expect(try stage.jobctl("help", "selectoins").errors.contains("did you mean selections?"))
    }

    @Test func `the SQL in the help runs`() throws {
        try stage.enqueue("2 cats")
        let statements = try stage.jobctl("help", "sql").lines.map { $0.drop { $0 == " " } }.filter {
            $0.hasSuffix(";")
        }
        #expect(statements.count >= 8)
        for statement in statements { try stage.execute(String(statement)) }
        #expect(try stage.text("SELECT label FROM jobs WHERE id = 2") == "sql")
    }

    @Test func `the states, codes and fields of the help are those that there are`() throws {
        try stage.enqueue("2 cats")
        let states = try stage.jobctl("help", "states").output
        for state in try stage.jobctl("list", "--count", "--json").object()["states"]?.object?.keys ?? [] {
            #expect(states.contains("\n  \(state) "), "\(state)")
        }
        let codes = try stage.jobctl("help", "exit-codes").output
        for code in [0, 1, 64, 65, 66, 69, 70, 74, 75, 77, 78, 130] {
            #expect(codes.contains("\n  \(code) "))
        }
    }

    @Test func `every verb is in a group of the overview`() throws {
        let overview = try stage.jobctl("help").output
        #expect(!overview.contains("\nmore:\n"))
        for group in ["make:", "look:", "steer:", "take care:"] { #expect(overview.contains("\n\(group)\n")) }
    }
}
