import SQL
import Scratch
import Testing

/// Money: what is charged for the jobs, under which labels, and the sums by which budgets go.
extension Ordeal {
    /// The labels of jobs in turn. The last has what a spreadsheet or a shell could stumble over.
    static let labels: [String?] = [nil, "acme", nil, "acme-film", "beta", nil, "=1,\"a\"\n'"]

    static func label(_ number: Int) -> String? { labels[number % labels.count] }

    /// What the simulator takes: every estimate is right.
    static let prices =
        #"models={"bytedance/seedream*":{"price_usd":0.03},"bytedance/seedance*":{"price_usd":0.02}}"#

    private struct Charged {
        let job: Int64
        let prompt: String
        let count: Int
        let nanos: Int64
        let doubts: Int
    }

    /// The sums are those of the charges, each of which counts for the label that its job had when it was
    /// sent. What was charged for a job is what the service has taken for it, or more if nobody could know.
    func expectSoundMoney(_ context: String) throws {
        let database = try stage.connection()
        try expectSoundSums(context)
        let charged = try database.all(
            """
            SELECT id, prompt, (SELECT count(*) FROM charges WHERE job_id = history.id),
                (SELECT total(round(1e9 * coalesce(reported_usd, estimated_usd, 0))) FROM charges
                    WHERE job_id = history.id),
                (SELECT count(*) FROM events WHERE job_id = history.id AND kind = 'uncertain')
            FROM history
            """
        ) {
            Charged(
                job: $0.integer(0), prompt: $0.text(1), count: Int($0.integer(2)), nanos: Int64($0.real(3)),
                doubts: Int($0.integer(4)))
        }
        for job in charged {
            let bought = try ledger.purchases(for: job.prompt)
            let taken = bought.reduce(0) { $0 + $1.takenNanos }
            let words = "job \(job.job): \(job.nanos) charged, \(taken) taken: \(context)"
            if job.count == bought.count {
                #expect(job.nanos == taken, "\(words)")
            } else {
                #expect(job.nanos >= taken && job.count - bought.count <= job.doubts, "\(words)")
            }
        }
        try expectLabels(context)
    }

    func expectSoundSums(_ context: String) throws {
        let wrong = try stage.texts(
            """
            WITH one (day, label, nanos) AS (
                SELECT substr(at, 1, 10), coalesce(label, ''),
                    round(1e9 * coalesce(reported_usd, estimated_usd, 0)) FROM charges),
            due (day, label, nanos) AS (
                SELECT day, label, nanos FROM one WHERE label <> ''
                UNION ALL SELECT '', label, nanos FROM one WHERE label <> ''
                UNION ALL SELECT day, '', nanos FROM one
                UNION ALL SELECT '', '', nanos FROM one
                UNION ALL SELECT day, label, -nanos FROM charge_sums)
            SELECT day || ' "' || label || '" is off by ' || sum(nanos) FROM due
            GROUP BY day, label HAVING sum(nanos) <> 0
            """)
        #expect(wrong == [], "\(context)")
    }

    /// A charge has the label of its job when the request left: the last one that was set until then.
    private func expectLabels(_ context: String) throws {
        let charges = try stage.connection().all(
            """
            SELECT history.id, prompt, charges.label, changed.id IS NOT NULL,
                json_extract(changed.detail, '$.label')
            FROM charges JOIN history ON history.id = charges.job_id
                JOIN events AS sent ON sent.job_id = charges.job_id AND sent.kind = 'submitting'
                    AND sent.at = charges.at
                LEFT JOIN events AS changed ON changed.id = (
                    SELECT max(id) FROM events WHERE job_id = charges.job_id AND kind = 'changed'
                        AND json_type(detail, '$.label') IS NOT NULL AND id < sent.id)
            """
        ) {
            (
                job: $0.integer(0), prompt: $0.text(1), label: $0.optionalText(2),
                isChanged: $0.integer(3) != 0, changed: $0.optionalText(4)
            )
        }
        for charge in charges {
            guard let number = charge.prompt.split(separator: " ").last.flatMap({ Int($0) }) else { continue }
            let expected = charge.isChanged ? charge.changed : Self.label(number)
            #expect(charge.label == expected, "job \(charge.job): \(context)")
        }
    }
}

/// The budgets of one random run.
struct Budgets {
    struct Limit {
        /// The entry of `budget.labels`; empty for all jobs.
        let labels: String
        let period: String
        let dollars: Double

        /// Which charges or jobs it is about, as a condition on the column `label`.
        var matches: String {
            guard labels.hasSuffix("*") else { return labels.isEmpty ? "true" : "label = '\(labels)'" }
            let prefix = labels.dropLast()
            return "substr(coalesce(label, ''), 1, \(prefix.count)) = '\(prefix)'"
        }
        /// How much of a time names the period.
        var digits: Int { ["day": 10, "month": 7][period] ?? 0 }
    }

    let limits: [Limit]

    /// Some that are used up soon, and one for all jobs that may be.
    init(_ seed: inout SeededNumbers) {
        func dollars(_ range: ClosedRange<Int>) -> Double {
            Double(Int.random(in: range, using: &seed)) / 100
        }
        limits = [
            Limit(labels: "acme*", period: "day", dollars: dollars(10...60)),
            Limit(labels: "acme*", period: "total", dollars: dollars(10...90)),
            Limit(labels: "acme-film", period: "month", dollars: dollars(0...40)),
            Limit(labels: "beta", period: "month", dollars: dollars(3...30)),
            Limit(labels: "", period: "month", dollars: dollars(100...900)),
        ]
    }

    var settings: [String] {
        limits.map { limit in
            let entry = limit.labels.isEmpty ? "" : "labels.\(limit.labels)."
            return "budget.\(entry)\(limit.period)_usd=\(limit.dollars)"
        }
    }
}

extension Ordeal {
    /// What a job will cost.
    private static let price = """
        (CASE WHEN model GLOB '*/image-to-video' THEN 0.02 * json_extract(input, '$.duration')
            ELSE 0.03 * coalesce(json_extract(input, '$.sequential_image_generation_options'), 1) END)
        """

    /// No budget was passed at any time, and a job that is left waits for one that it would pass. Answers
    /// how many such jobs there are.
    @discardableResult
    func expectKept(_ budgets: Budgets, _ context: String) throws -> Int {
        let database = try stage.connection()
        var held: Set<Int64> = []
        for limit in budgets.limits {
            let words = "budget.\(limit.labels).\(limit.period)_usd of \(limit.dollars): \(context)"
            let passed = try database.all(
                """
                SELECT total(coalesce(reported_usd, estimated_usd)) FROM charges WHERE \(limit.matches)
                GROUP BY substr(at, 1, \(limit.digits))
                """
            ) { $0.real(0) }.filter { $0 > limit.dollars + 1e-6 }
            #expect(passed == [], "\(words)")
            let ids = try database.all(
                """
                SELECT id FROM jobs
                WHERE state = 'queued' AND waits_for = 0 AND \(limit.matches) AND \(Self.price) + (
                    SELECT total(coalesce(reported_usd, estimated_usd)) FROM charges
                    WHERE \(limit.matches)
                        AND substr(at, 1, \(limit.digits)) = substr(datetime('now'), 1, \(limit.digits))
                ) > \(limit.dollars) + 1e-6
                """
            ) { $0.integer(0) }
            held.formUnion(ids)
        }
        let queued = try database.all("SELECT id FROM jobs WHERE state = 'queued' AND waits_for = 0") {
            $0.integer(0)
        }
        #expect(Set(queued) == held, "held back by no budget: \(context)")
        return queued.count
    }
}
