internal import CommandLineTool
internal import Configuration

/// jobd(8) and jobd.json(5), from what `--help` says and from the keys themselves.
enum DaemonManual {
    static func page(date: String) -> String {
        let command = DaemonProgram.command
        var page = ManualPage(
            "jobd", section: 8, date: date, version: Release.version, summary: command.summary)
        command.describe(program: "jobd", on: &page)
        page.exitStatus()
        page.section("signals")
        page.item(
            "SIGTERM, SIGINT",
            "end after requests on the wire got their answers; a second signal ends at once")
        page.item("SIGHUP", "read the configuration and the token file again")
        page.section("files")
        page.item("/etc/jobd/config.json, ~/.config/jobd/config.json", "the configuration, see jobd.json(5)")
        page.item(
            "/var/lib/jobd, ~/.local/state/jobd", "state directories: the database, its lock, the outputs")
        page.section("see also")
        page.paragraph("jobctl(1), jobd.json(5), jobsim(1)")
        return page.text
    }

    static func configurationPage(date: String) -> String {
        var page = ManualPage(
            "jobd.json", section: 5, date: date, version: Release.version,
            summary: "configuration of jobd")
        page.section("description")
        page.paragraph(
            """
            jobd reads --config FILE, else $JOBD_CONFIG, else /etc/jobd/config.json (for /var/lib/jobd), \
            else ~/.config/jobd/config.json. The file is JSON; comments and trailing commas are accepted. \
            Every key is optional. An unknown key, a wrong type or a value out of range is an error that \
            names the key.
            """)
        page.paragraph(
            "A key with a dot may also be written as an object: {\"poll\": {\"max\": \"5s\"}}. "
                + "Sizes are written as 500MiB or 2GiB, durations as 500ms, 2s, 5m, 1h30m, 24h or 90d.")
        page.section("keys")
        for entry in Settings.all {
            page.item(entry.key + (entry.defaultText.map { " (\($0))" } ?? ""), entry.meaning)
        }
        page.section("example")
        page.verbatim([
            "{", "  // The simulator.", "  \"api_url\": \"http://127.0.0.1:8471\",",
            "  \"max_in_flight\": 8,",
            "  \"models\": { \"bytedance/seedance*\": { \"max_in_flight\": 2, \"price_usd\": 0.02 } },",
            "  \"budget\": { \"day_usd\": 10 },", "}",
        ])
        page.section("see also")
        page.paragraph("jobd(8), jobctl(1)")
        return page.text
    }
}
