internal import CommandLineTool

/// jobctl(1) and a page for each verb, made of the texts that `--help` shows.
enum ControlManual {
    static func page(date: String) -> String {
        var page = ManualPage(
            "jobctl", section: 1, date: date, version: Release.version,
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
        page.paragraph("Each verb has its own page, such as jobctl-enqueue(1).")
        for verb in ControlProgram.verbs {
            page.item("jobctl-\(verb.command.name)(1)", verb.command.summary)
        }
        page.section("options of every verb")
        page.options(ControlProgram.commonOptions)
        page.section("topics")
        for topic in HelpTopic.all where topic.name != HelpTopic.exitCodes.name { topic.describe(on: &page) }
        page.exitStatus()
        page.section("environment")
        page.item("JOBD_STATE_DIR", "the state directory")
        page.item("JOBD_STORE", "a store that several machines share, in place of the database there")
        page.item("JOBD_CONFIG", "the configuration file, for the verbs that read it")
        page.item("JOBD_HOST", "the machine to work on, as ssh://[USER@]HOST[:PORT]; else this one")
        page.item("JOBCTL_SSH", "the ssh program, with options if need be; by default ssh")
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

    static func page(of command: Command, date: String) -> String {
        var page = ManualPage(
            "jobctl-\(command.name)", section: 1, date: date, version: Release.version,
            summary: command.summary)
        command.describe(program: "jobctl \(command.name)", on: &page)
        page.section("options of every verb")
        page.options(ControlProgram.commonOptions)
        page.section("see also")
        page.paragraph("jobctl(1), which also explains the exit status; jobd(8)")
        return page.text
    }
}
