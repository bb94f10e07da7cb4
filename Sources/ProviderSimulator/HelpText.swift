internal import CommandLineTool

/// What `jobsim --help` and jobsim(1) say. The table of faults is written from the one that the parser reads.
enum HelpText {
    static let command = Command(
        "", "a simulator of RunComfy's Model API on loopback",
        discussion: ["No token, no money, no network."],
        options: Options.all + [.help.saying("this text")],
        examples: [
            .init("jobsim --port 0 --seed 1", "on a free port, the same each time"),
            .init("jobsim --queue 2s --run 10s --concurrency 4 --state /tmp/jobsim", "slow, with a ledger"),
            .init(
                "jobsim --balance 1.50 --fault 'submit:503;retry-after=1;p=0.2'",
                "with little money, and busy"),
            .init("jobsim --fault 'file:cut=20k;times=3' --fault 'status:html-504;p=0.1'", "a bad network"),
        ])

    static var text: String {
        command.help(program: "jobsim", common: [], width: 80)
            + "\ncalls without a token, besides RunComfy's:\n"
            + Command.list(calls, width: 80)
            + "\nfaults, written CALL:NAME[=VALUE][;OPTION...]; \(anyCall):\n"
            + Command.list(faults, width: 80) + "\noptions of a fault:\n"
            + Command.list(faultOptions, width: 80)
            + "\nA prompt that contains [[fault: SPEC]] orders one for its own job.\n"
    }

    /// jobsim(1).
    static func manual(date: String) -> String {
        var page = ManualPage("jobsim", section: 1, date: date, version: "0.1.0", summary: command.summary)
        page.synopsis("jobsim", "[options]")
        page.section("description")
        for paragraph in command.discussion { page.paragraph(paragraph) }
        page.section("options")
        page.options(command.options)
        page.section("calls")
        page.paragraph("Besides RunComfy's calls there are, without a token:")
        for (call, meaning) in calls { page.item(call, meaning) }
        page.section("faults")
        page.paragraph(
            "A fault is written CALL:NAME[=VALUE][;OPTION...], where \(anyCall). "
                + "A prompt that contains [[fault: SPEC]] orders one for its own job."
        )
        for (fault, meaning) in faults { page.item(fault, meaning) }
        page.subsection("options of a fault")
        for (option, meaning) in faultOptions { page.item(option, meaning) }
        page.section("examples")
        page.examples(command.examples)
        page.section("see also")
        page.paragraph("jobd(8), jobctl(1)")
        return page.text
    }

    private static let calls = [
        ("GET /_sim/stats", "calls, downloads, bytes, connections"),
        ("GET /_sim/ledger", "counts, then every request, as JSON lines"),
        ("GET /_sim/faults", "the faults in force and how often they struck"),
        ("POST /_sim/faults", "{\"faults\":[\"SPEC\"]} replaces them, {\"add\":[\"SPEC\"]} adds to them"),
        ("POST /_sim/balance?usd=AMOUNT", "pays in"),
    ]

    private static var faults: [(String, String)] {
        FaultPattern.all.map { pattern in
            let calls = pattern.calls == FaultPattern.answers ? ["any"] : pattern.calls.map(\.rawValue)
            return ("\(calls.joined(separator: ",")):\(pattern.synopsis)", pattern.meaning)
        }
    }

    private static let anyCall =
        "any is each of " + FaultPattern.answers.map(\.rawValue).joined(separator: " ")

    private static let faultOptions = FaultOption.allCases.map(\.help).map { ($0.synopsis, $0.meaning) }
}
