import JSON
import Scratch
import Testing

/// What a person sees of budgets, and what an order may cost.
@Suite struct BudgetTests {
    private let stage = Stage()
    private let price = ["--set", "models.\(Stage.sequential).price_usd=0.1"]

    /// Charges of an earlier time: day, label, dollars.
    private func spend(_ charges: (day: String, label: String?, dollars: Double)...) throws {
        let first = try stage.number("SELECT 1000 + count(*) FROM charges")
        let values = charges.enumerated().map { number, charge in
            "(\(first + Int64(number)), 1, '\(charge.day) 12:00:00.000', 'a/b', \(charge.dollars), "
                + "\(charge.label.map { "'\($0)'" } ?? "NULL"))"
        }
        try stage.execute(
            """
            DROP TRIGGER IF EXISTS charges_insert_guard;
            INSERT INTO charges (job_id, submission, at, model, reported_usd, label)
            VALUES \(values.joined(separator: ", "))
            """)
    }

    private var today: String {
        get throws { try stage.text("SELECT date('now')") ?? "" }
    }

    @Test func `an order above --max-usd is refused, and so is one of unknown price`() throws {
        // Three outputs of ten cents.
        let order = ["enqueue", Stage.sequential, "text=x"]
        let dear = try stage.jobctl(order + ["--max-usd", "0.29"] + price)
        #expect(dear.code == 65 && dear.errors.contains("--max-usd is $0.29"), "\(dear)")
        #expect(dear.errors.contains("about $0.30") && dear.errors.contains("hint: "))
        #expect(try stage.jobctl(order + ["--max-usd", "0.29", "--dry-run"] + price).code == 65)
        let unknown = try stage.jobctl("enqueue", "some/model", "x=1", "--max-usd", "100")
        #expect(unknown.code == 65 && unknown.errors.contains("price is not known"), "\(unknown)")
        #expect(unknown.errors.contains("price_usd"))
        for wrong in ["", "x", "-1", "nan", "inf"] {
            #expect(try stage.jobctl(order + ["--max-usd", wrong] + price).code == 64, "\(wrong)")
        }
        #expect(!FileOnDisk.exists(stage.database))
        #expect(try stage.jobctl(order + ["--max-usd", "0.3", "--key", "k"] + price).code == 0)
        // What is there already by its key is not bought again.
        #expect(try stage.jobctl(order + ["--max-usd", "0", "--key", "k"] + price).code == 0)
        #expect(try stage.jobctl(order + ["--repeat", "2", "--max-usd", "0.5", "--yes"] + price).code == 65)
        #expect(try stage.jobCount() == 1)
    }

    @Test func `explain names the label's budget, and what raises it`() throws {
        let id = try stage.enqueue("2 cats", "--label", "acme-film")
        let other = try stage.enqueue("2 cats", "--label", "other")
        try stage.hold()
        try spend((try today, "acme-x", 4.95))
        let budget = ["--set", #"budget.labels={"acme-*":{"day_usd":5}}"#]
        let told = try stage.jobctl(["explain", "\(id)", "--json"] + budget + price).objects()[0]
        #expect(told["reason"] == .string("budget"), "\(told)")
        #expect(
            told["text"]?.string?.contains(#"$4.95 of the $5.00 of budget.labels."acme-*".day_usd"#) == true)
        #expect(told["hint"]?.string?.contains("where jobd is started") == true)
        #expect(told["hint"]?.string?.hasSuffix("wait for the next day (UTC)") == true)
        let free = try stage.jobctl(["explain", "\(other)", "--json"] + budget + price).objects()[0]
        #expect(free["reason"] != .string("budget"), "\(free)")
    }

    @Test func `doctor says what is spent of each budget`() throws {
        try stage.enqueue("2 cats")
        try spend((try today, "acme", 2), ("2020-01-01", nil, 5))
        let answer = try stage.jobctl(
            "doctor", "--json", "--set", "budget.month_usd=10", "--set", "budget.total_usd=7", "--set",
            "budget.labels.acme.day_usd=2.5")
        let lines = try answer.objects().filter { $0["check"] == .string("budget") }
        #expect(
            lines.map { $0["detail"]?.string } == [
                "budget.month_usd: $2.00 of $10.00 is spent", "budget.total_usd: $7.00 of $7.00 is spent",
                #"budget.labels."acme".day_usd: $2.00 of $2.50 is spent"#,
            ])
        #expect(lines.map { $0["verdict"]?.string } == ["ok", "warning", "ok"])
    }

    @Test func `a month's report for a label adds up what was charged under it`() throws {
        try stage.enqueue("2 cats")
        try spend(
            ("2026-10-31", "acme", 1), ("2026-11-01", "acme", 2), ("2026-11-01", "other", 16),
            ("2026-11-30", "acme", 4), ("2026-12-01", "acme", 8))
        let report = try stage.jobctl("stats", "--label", "acme", "--month", "2026-11", "--csv")
        #expect(report.lines.count == 3 && report.lines[0].hasPrefix("by,name,jobs,completed,"), "\(report)")
        let column = try #require(report.lines[0].split(separator: ",").firstIndex(of: "spent_usd"))
        let rows = report.lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(rows.map { $0[1] } == ["2026-11-01", "2026-11-30"])
        #expect(rows.map { $0[column] } == ["2", "4"])
        let months = try stage.jobctl(
            "stats", "--by", "label", "--months", "--since", "2026-10-01", "--json",
            environment: ["TZ": "UTC0"]
        ).objects().filter { ["2026-10", "2026-11"].contains($0["month"]?.string) }
        #expect(months.map { $0["name"] } == [.string("acme"), .string("acme"), .string("other")])
        #expect(months.map { $0["spent_usd"] } == [.number("1"), .number("6"), .number("16")])
        for wrong in [["--month", "2026"], ["--month", "2026-11", "--months"], ["--csv", "--json"]] {
            #expect(try stage.jobctl(["stats"] + wrong).code == 64, "\(wrong)")
        }
        #expect(try stage.jobctl("stats", "--month", "1999-01").errors.contains("in 1999-01 (UTC)"))
    }

    @Test func `a report is read back as it was, whatever the labels are`() throws {
        let labels = ["=cmd()", "a,b", "q\"uo\"te", "two\nlines"]
        try stage.enqueue("2 cats")
        for label in labels { try spend(("2026-11-01", label.replacing("'", with: "''"), 2)) }
        let csv = try stage.jobctl("stats", "--by", "label", "--month", "2026-11", "--csv").output
        let path = stage.file("labels.csv", csv)
        let answer = try stage.run(
            "/usr/bin/sqlite3",
            [
                ":memory:", "-cmd", ".mode json", "-cmd", ".import --csv \(path) t",
                "SELECT name, spent_usd FROM t",
            ])
        let rows = try #require(try JSON(parsing: answer.output).array)
        #expect(rows.map { $0["name"]?.string } == ["'=cmd()"] + labels.dropFirst())
        #expect(rows.allSatisfy { $0["spent_usd"]?.string == "2" })
        for label in labels {
            let own = try stage.jobctl("stats", "--label", label, "--month", "2026-11", "--csv")
            #expect(own.lines.count == 2 && own.lines[1].hasPrefix("day,2026-11-01,0,"), "\(own)")
        }
    }

    @Test func `verify compares the sums with the charges, and adds them up again`() throws {
        try stage.enqueue("2 cats")
        try spend(("2026-11-01", "acme", 2))
        #expect(try stage.jobctl("verify").code == 0)
        try stage.execute("UPDATE charge_sums SET nanos = 0 WHERE label = 'acme' AND day <> ''")
        let found = try stage.jobctl("verify", "--json")
        #expect(found.code == 1 && found.errors.contains("1 sum"), "\(found)")
        let sum = try #require(try found.objects().first { $0["kind"] == .string("sum") })
        #expect(sum["day"] == .string("2026-11-01") && sum["label"] == .string("acme"))
        #expect(sum["sum_usd"] == .number("0") && sum["charged_usd"] == .number("2"))
        #expect(try stage.jobctl("verify", "--repair").output.contains("added up again"))
        #expect(try stage.jobctl("verify").code == 0)
    }
}
