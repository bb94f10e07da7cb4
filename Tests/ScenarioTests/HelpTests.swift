import JSON
import Testing

@Suite struct HelpTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func topics() throws -> [String] {
        try sandbox.jobctl("help", "--json").objects().compactMap { $0["topic"]?.string }
    }

    @Test func `a verb may be cut short where only one begins so`() throws {
        try sandbox.enqueue()
        #expect(try sandbox.jobctl("li", "-q").output == "1\n")
        #expect(try sandbox.jobctl("enq", Sandbox.sequential, "text=x", "-q").output == "2\n")
        #expect(try sandbox.jobctl("help", "enq").output == sandbox.jobctl("help", "enqueue").output)
        let several = try sandbox.jobctl("re", "1")
        #expect(several.code == 64)
        for verb in ["retry", "release", "resolve", "resume"] { #expect(several.errors.contains(verb)) }
        // What the shells ask stays what it is, and is no part of the verbs.
        #expect(try sandbox.jobctl("complete", "zsh", "backu").output.hasPrefix("backup"))
        #expect(try sandbox.jobctl("complet", "zsh").output.contains("#compdef"))
    }

    @Test func `help and scripts are objects with --json too`() throws {
        let verbs = try sandbox.jobctl("--help", "--json").objects().compactMap { $0["verb"]?.string }
        #expect(verbs.count > 20)
        for verb in verbs {
            let help = try sandbox.jobctl(verb, "--help", "--json")
            #expect(try help.code == 0 && help.object()["verb"]?.string == verb, "\(help)")
        }
        let script = try sandbox.jobctl("completion", "bash", "--json").object()["script"]?.string
        #expect(try script == sandbox.jobctl("completion", "bash").output)
    }

    @Test func `with -q events are the ids of their jobs`() throws {
        try sandbox.enqueue()
        try sandbox.jobctl("hold", "1")
        try sandbox.jobctl("pause")
        #expect(try sandbox.jobctl("events", "-q").output == "1\n1\n")
    }

    @Test func `topics are listed, completed, explained, and part of the manual`() throws {
        let overview = try sandbox.jobctl("help").output
        let page = try sandbox.jobctl("--man", "2026-01-31").output
        #expect(try topics().count >= 6)
        for topic in try topics() {
            #expect(overview.contains(topic))
            let help = try sandbox.jobctl("help", topic)
            #expect(help.code == 0 && help.output.hasPrefix("\(topic) - "), "\(help)")
            let code = topic == "exit-codes" ? "exit status" : topic
            #expect(page.lowercased().contains(code.replacing("-", with: "\\-")))
            let object = try sandbox.jobctl("help", topic, "--json").object()
            #expect(object["topic"] == .string(topic))
        }
        #expect(try sandbox.jobctl("complete", "zsh", "help", "templ").output.hasPrefix("templates"))
        #expect(try sandbox.jobctl("help", "selectoins").errors.contains("did you mean selections?"))
    }

    @Test func `the SQL in the help runs`() throws {
        try sandbox.enqueue()
        let statements = try sandbox.jobctl("help", "sql").lines.map { $0.drop { $0 == " " } }.filter {
            $0.hasSuffix(";")
        }
        #expect(statements.count >= 8)
        for statement in statements { try sandbox.change(String(statement)) }
        #expect(try sandbox.text("SELECT label FROM jobs WHERE id = 2") == "sql")
    }

    @Test func `the states, codes and fields of the help are those that there are`() throws {
        try sandbox.enqueue()
        let states = try sandbox.jobctl("help", "states").output
        for state in try sandbox.jobctl("list", "--count", "--json").object()["states"]?.object?.keys ?? [] {
            #expect(states.contains("\n  \(state) "), "\(state)")
        }
        let codes = try sandbox.jobctl("help", "exit-codes").output
        for code in [0, 1, 64, 65, 66, 69, 70, 74, 75, 77, 78, 130] {
            #expect(codes.contains("\n  \(code) "))
        }
    }

    @Test func `every verb stands in a group of the overview`() throws {
        let overview = try sandbox.jobctl("help").output
        #expect(!overview.contains("\nmore:\n"))
        for group in ["make:", "look:", "steer:", "take care:"] { #expect(overview.contains("\n\(group)\n")) }
    }
}
