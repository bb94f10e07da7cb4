internal import CommandLineTool

/// jobctl(1), made of the texts that `--help` shows.
enum ControlManual {
    static func page(date: String) -> String {
        var page = ManualPage(
            "jobctl", section: 1, date: date, version: ControlProgram.version,
            summary: "enqueue, inspect and steer the jobs of jobd")
        page.synopsis("jobctl", "[VERB] [options] …")
        page.section("description")
        page.paragraph(
            """
            jobctl works on jobd's database, whether or not jobd runs. Without a verb it shows a short \
            status and what needs attention. Data goes to standard output, messages to standard error; in a \
            pipe, columns are separated by tabs. Times are written as 2h (from now, or ago), 18:00, \
            2026-01-31, 2026-01-31 18:00 (local) or RFC 3339.
            """
        )
        page.section("verbs")
        for verb in ControlProgram.verbs {
            let command = verb.command
            page.subsection(
                "jobctl \(command.name)" + (command.operands.isEmpty ? "" : " \(command.operands)"))
            page.paragraph(command.summary)
            command.describe(program: "jobctl", on: &page)
        }
        page.section("options of every verb")
        page.options(ControlProgram.commonOptions)
        page.section("topics")
        for topic in HelpTopic.all where topic.name != HelpTopic.exitCodes.name { topic.describe(on: &page) }
        page.exitStatus()
        page.section("environment")
        page.item("JOBD_STATE_DIR", "the state directory")
        page.item("JOBD_CONFIG", "the configuration file, for the verbs that read it")
        page.item("NO_COLOR", "no colour")
        page.item(
            "JOBCTL_PAGER, PAGER",
            "the pager for long texts on a terminal, by default less; empty or cat for none")
        page.section("files")
        page.item(
            "/var/lib/jobd, ~/.local/state/jobd", "state directories; jobctl doctor says which one is used")
        page.section("see also")
        page.paragraph("jobd(8), jobd.json(5), jobsim(1), sqlite3(1)")
        return page.text
    }
}
