internal import JSON
package import JobModel
internal import SQL

/// What was spent. Triggers keep the sums in step with the charges, so that asking does not read all of them.
extension JobDatabase {
    /// What was or is being spent in the present day or month, or in total: reported costs, else estimates.
    /// What a wrong clock has recorded for later days does not count for today.
    ///
    /// - Parameter labels: only what jobs of these labels have spent; nil for all jobs.
    package func spent(_ period: SpendingPeriod, by labels: LabelPattern? = nil) throws -> Double {
        let days = JSON.array(period.days(at: now).map { .string($0) }).text
        let bounds = labels.flatMap { $0.isEverything ? nil : $0.bounds } ?? ("", "")
        let nanos = try first(
            """
            SELECT total(nanos) FROM json_each(?1) AS days CROSS JOIN charge_sums AS sums
            WHERE sums.day = days.value AND sums.label BETWEEN ?2 AND ?3
            """, days, bounds.0, bounds.1
        ) { $0.real(0) }
        return (nanos ?? 0) / 1e9
    }

    /// A sum that is not that of its charges.
    package struct WrongSum: Equatable, Sendable {
        /// In UTC; nil for all days together.
        package let day: String?
        /// Nil for all jobs together.
        package let label: String?
        package let summedUSD: Double
        /// What the charges add up to.
        package let chargedUSD: Double
    }

    /// The sums that differ from the charges, of which all are read.
    package func wrongSums() throws -> [WrongSum] {
        try all(
            """
            SELECT day, label, total(sum), total(charged) FROM (
                SELECT day, label, nanos AS sum, 0 AS charged FROM charge_sums
                UNION ALL
                SELECT day, label, 0, nanos FROM charge_ledger) AS sums
            GROUP BY day, label
            -- Beyond nine million dollars, sums are rounded.
            HAVING abs(total(sum) - total(charged)) >= 0.5 + 1e-12 * abs(total(charged))
            ORDER BY day, label
            """
        ) { row in
            WrongSum(
                day: row.text(0).isEmpty ? nil : row.text(0),
                label: row.text(1).isEmpty ? nil : row.text(1),
                summedUSD: row.real(2) / 1e9, chargedUSD: row.real(3) / 1e9)
        }
    }

    /// Adds all charges up again; inside the caller's transaction.
    package func repairSums() throws {
        try run("DELETE FROM charge_sums")
        try run("INSERT INTO charge_sums (day, label, nanos) SELECT day, label, nanos FROM charge_ledger")
    }
}
