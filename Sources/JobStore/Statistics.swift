internal import Calendar
internal import JSON
internal import JobModel

/// How the jobs ended in a period, and what was spent in it, in groups.
package struct Statistics {
    package enum Grouping: String, CaseIterable, Sendable {
        case model, day, week, label, failure
    }

    /// Of the jobs that ended: how many, how long they took, what they cost.
    package struct Group {
        package internal(set) var jobs: Int64 = 0
        package internal(set) var completed: Int64 = 0
        package internal(set) var failed: Int64 = 0
        package internal(set) var cancelled: Int64 = 0
        /// From being enqueued to being sent, to the start at RunComfy, to the end there, to the end here.
        package internal(set) var waited = Spread()
        package internal(set) var queued = Spread()
        package internal(set) var ran = Spread()
        package internal(set) var fetched = Spread()
        /// The costs that RunComfy reported.
        package internal(set) var reportedUSD = 0.0
        /// The estimates, if it reported none.
        package internal(set) var estimatedUSD = 0.0
        /// How many purchases have neither.
        package internal(set) var unpriced: Int64 = 0

        package var spentUSD: Double { reportedUSD + estimatedUSD }

        package init() {}

        static func += (sum: inout Group, more: Group) {
            sum.jobs += more.jobs
            sum.completed += more.completed
            sum.failed += more.failed
            sum.cancelled += more.cancelled
            sum.waited += more.waited
            sum.queued += more.queued
            sum.ran += more.ran
            sum.fetched += more.fetched
            sum.reportedUSD += more.reportedUSD
            sum.estimatedUSD += more.estimatedUSD
            sum.unpriced += more.unpriced
        }
    }

    /// Spans of time, one for each job, four bytes each.
    package struct Spread {
        private var milliseconds: [UInt32] = []

        mutating func add(from start: Int64?, to end: Int64?) {
            guard let start, let end, end >= start else { return }
            milliseconds.append(UInt32(clamping: end - start))
        }

        static func += (sum: inout Spread, more: Spread) { sum.milliseconds += more.milliseconds }

        /// The quantiles for these shares; nil if there are no spans.
        package func quantiles(_ shares: [Double]) -> [Int64?] {
            if milliseconds.isEmpty { return shares.map { _ in nil } }
            let sorted = milliseconds.sorted()
            return shares.map { share in
                let rank = (share * Double(sorted.count)).rounded(.up)
                return Int64(sorted[min(sorted.count, max(1, Int(rank))) - 1])
            }
        }
    }

    /// The groups of one grouping, found by their names.
    struct Table {
        private(set) var indices: [ExactText: Int] = [:]
        var groups: [Group] = []
        private var last = (name: "", index: -1)

        /// The index of a group, which is added if it is missing. Jobs without a label have the empty one.
        mutating func index(of name: String) -> Int {
            // Rows of one kind often follow each other.
            if last.index >= 0, last.name.isExactly(name) { return last.index }
            let index = indices[ExactText(name)] ?? groups.count
            if index == groups.count {
                indices[ExactText(name)] = index
                groups.append(Group())
            }
            last = (name, index)
            return index
        }
    }

    var models = Table()
    var days = Table()
    var labels = Table()
    var failures = Table()

    /// Everything together.
    package var all: Group { models.groups.reduce(into: Group()) { $0 += $1 } }

    /// The groups and their names: days and weeks in their order, the others by their number of jobs.
    package func groups(by grouping: Grouping) -> [(name: String, group: Group)] {
        switch grouping {
        case .model: Self.largestFirst(models)
        case .label: Self.largestFirst(labels)
        case .failure: Self.largestFirst(failures)
        case .day: days.indices.sorted { $0.key < $1.key }.map { ($0.key.text, days.groups[$0.value]) }
        case .week: weeks()
        }
    }

    private static func largestFirst(_ table: Table) -> [(name: String, group: Group)] {
        table.indices.map { (name: $0.key.text, group: table.groups[$0.value]) }.sorted { left, right in
            (right.group.jobs, ExactText(left.name)) < (left.group.jobs, ExactText(right.name))
        }
    }

    private func weeks() -> [(name: String, group: Group)] {
        var weeks: [(name: String, group: Group)] = []
        for (day, group) in groups(by: .day) {
            let name = Self.week(ofDay: day)
            if weeks.last?.name != name { weeks.append((name, Group())) }
            weeks[weeks.count - 1].group += group
        }
        return weeks
    }

    /// The week of a day by ISO 8601, `2026-W48`: weeks begin on Monday, and belong to the year of their
    /// Thursday.
    static func week(ofDay day: String) -> String {
        guard let date = WrittenTime(day)?.time else { return day }
        let thursday = date.milliseconds + Int64(3 - date.weekday) * 86_400_000
        let year = CalendarTime(milliseconds: thursday).year
        guard let newYear = CalendarTime(year: year, month: 1, day: 1)?.milliseconds else { return day }
        let week = (thursday - newYear) / (7 * 86_400_000) + 1
        return "\(year)-W\(week < 10 ? "0" : "")\(week)"
    }
}
