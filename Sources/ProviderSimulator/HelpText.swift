internal import CommandLineTool

/// What `jobsim --help` and jobsim(1) say. The faults come from the table that the parser uses.
enum HelpText {
    static let command = Command(
        "", "a simulator of RunComfy's Model API on loopback",
        discussion: ["It needs no token, no money and no network."],
        options: Options.all + [.completion, .help.saying("this help"), .version],
        examples: [
            .init("jobsim --port 0 --seed 1", "on a free port, with the same results each time"),
            .init("jobsim --queue 2s --run 10s --concurrency 4 --state /tmp/jobsim", "slow, with a ledger"),
            .init(
                "jobsim --balance 1.50 --fault 'submit:503;retry-after=1;p=0.2'",
                "with little money, and often busy"),
            .init(
                "jobsim --fetch-inputs --outputs-expire 1h",
                "for jobs that are made from the outputs of others"),
            .init("jobsim --fault 'file:cut=20k;times=3' --fault 'status:html-504;p=0.1'", "a bad network"),
        ])

    static var text: String {
        command.help(program: "jobsim", common: [], width: 80)
            + "\ncalls besides RunComfy's, which need no token:\n"
            + Command.list(calls, width: 80)
            + "\n\(Paragraph.wrap("faults, written CALL:NAME[=VALUE][;OPTION...]; \(anyCall):", width: 80))\n"
            + Command.list(faults, width: 80) + "\noptions of a fault:\n"
            + Command.list(faultOptions, width: 80)
            + "\nA prompt that contains [[fault: SPEC]] applies it to its own job.\n"
    }

    /// jobsim(1).
    static func manual(date: String) -> String {
        var page = ManualPage(
            "jobsim", section: 1, date: date, version: Release.version, summary: command.summary)
        command.describe(program: "jobsim", on: &page)
        page.section("calls")
        page.paragraph("Besides RunComfy's calls, jobsim has these. They need no token.")
        for (call, meaning) in calls { page.item(call, meaning) }
        page.section("faults")
        page.paragraph(
            "A fault is written CALL:NAME[=VALUE][;OPTION...]; \(anyCall). "
                + "A prompt that contains [[fault: SPEC]] applies it to its own job.")
        for (fault, meaning) in faults { page.item(fault, meaning) }
        page.subsection("options of a fault")
        for (option, meaning) in faultOptions { page.item(option, meaning) }
        page.section("see also")
        page.paragraph("jobd(8), jobctl(1)")
        return page.text
    }

    private static let calls = [
        ("GET /_sim/stats", "how many calls, downloads, bytes and connections"),
        ("GET /_sim/ledger", "counts, then every request, as JSON lines"),
        ("GET /_sim/faults", "the active faults, and how often each struck"),
        ("POST /_sim/faults", "{\"faults\":[\"SPEC\"]} replaces them, {\"add\":[\"SPEC\"]} adds to them"),
        ("POST /_sim/expire", "the addresses of outputs that were named so far are served no more"),
        ("GET /_sim/picture.png", "a picture to try out inputs with"),
        ("POST /_sim/balance?usd=AMOUNT", "adds to the balance"),
    ]

    private static var faults: [(String, String)] {
        FaultDefinition.all.map { definition in
            let calls =
                definition.calls == FaultDefinition.answers ? ["CALL"] : definition.calls.map(\.rawValue)
            return ("\(calls.joined(separator: ",")):\(definition.synopsis)", definition.meaning)
        }
    }

    private static let anyCall =
        "here CALL stands for " + FaultDefinition.answers.map(\.rawValue).joined(separator: ", ")

    private static let faultOptions = FaultOption.allCases.map(\.help).map { ($0.synopsis, $0.meaning) }
}
