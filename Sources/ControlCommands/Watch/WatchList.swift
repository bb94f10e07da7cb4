internal import JobModel

/// A part of the jobs, chosen by a digit.
enum WatchView: Int, CaseIterable {
    case all = 1
    case running, waiting, attention, ended

    func shows(_ state: JobState) -> Bool {
        switch self {
        case .all: true
        case .running: [.submitting, .inQueue, .inProgress, .downloading].contains(state)
        case .waiting: state == .queued || state == .held
        case .attention: state == .uncertain || state == .failed
        case .ended: state.hasEnded
        }
    }

    func next(by step: Int) -> WatchView {
        let all = Self.allCases
        return all[(rawValue - 1 + step + all.count) % all.count]
    }
}

/// The rows of jobs: those that scroll, and below them a panel of those that ended last.
struct WatchList: Equatable {
    enum Row: Equatable {
        case job(Int64)
        /// This many more jobs are in this state, beyond the limit of the list.
        case more(Int64, JobState)
        /// This many more jobs in this state were not searched by the filter.
        case unseen(Int64, JobState)
    }

    private(set) var rows: [Row] = []
    /// Stays at the bottom, so that the last ends are visible no matter how many jobs run.
    private(set) var panel: [Row] = []
    /// All jobs, in the order of the rows.
    private(set) var jobs: [Int64] = []
    /// The index in `rows` of each job; those in the panel have none.
    private(set) var rowIndices: [Int] = []
    private(set) var states: [JobState] = []

    /// - Parameter height: how many rows fit, including the heading of the panel.
    init(_ snapshot: WatchSnapshot, _ view: WatchView, height: Int) {
        for group in snapshot.groups where view.shows(group.state) {
            for id in group.ids { add(id, group.state) }
            let rest = group.count - Int64(group.ids.count)
            if rest > 0 { rows.append(.more(rest, group.state)) }
            if group.unseen > 0 { rows.append(.unseen(group.unseen, group.state)) }
        }
        let ends = snapshot.ends.filter { view.shows($0.state) }
        guard view == .all, !rows.isEmpty, height >= 6 else {
            for end in ends { add(end.id, end.state) }
            return
        }
        let room = max(height / 3, height - rows.count) - 1
        for end in ends.prefix(room) {
            panel.append(.job(end.id))
            jobs.append(end.id)
            states.append(end.state)
        }
    }

    private mutating func add(_ id: Int64, _ state: JobState) {
        jobs.append(id)
        states.append(state)
        rowIndices.append(rows.count)
        rows.append(.job(id))
    }

    /// How many rows scroll on a screen of `height`.
    func scrollHeight(_ height: Int) -> Int { panel.isEmpty ? height : max(1, height - panel.count - 1) }

    /// The jobs that are visible if the rows are shown from `top`.
    func visible(from top: Int, height: Int) -> [Int64] {
        (rows.dropFirst(top).prefix(scrollHeight(height)) + panel).compactMap { row in
            if case .job(let id) = row { id } else { nil }
        }
    }
}
