internal import JobModel

/// The rows of a picture: jobs that scroll, and below them what ended last.
struct WatchList: Equatable {
    enum Row: Equatable {
        case job(Int64)
        /// So many more are in this state, out of reach.
        case more(Int64, JobState)
        /// At so many more in this state a filter has not looked.
        case unseen(Int64, JobState)
    }

    private(set) var rows: [Row] = []
    /// Stays at the bottom, so that an end is seen however much runs.
    private(set) var panel: [Row] = []
    /// All jobs in it, in the order of the rows.
    private(set) var jobs: [Int64] = []
    /// In which of the rows each of the jobs stands; those of the panel stand in none.
    private(set) var places: [Int] = []
    private(set) var states: [JobState] = []

    /// - Parameter height: how many rows there is room for, the panel's heading among them.
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
        places.append(rows.count)
        rows.append(.job(id))
    }

    /// How many rows scroll on a screen of `height`.
    func scrollHeight(_ height: Int) -> Int { panel.isEmpty ? height : max(1, height - panel.count - 1) }

    /// The jobs that are seen when the rows from `top` on are shown.
    func visible(from top: Int, height: Int) -> [Int64] {
        (rows.dropFirst(top).prefix(scrollHeight(height)) + panel).compactMap { row in
            if case .job(let id) = row { id } else { nil }
        }
    }
}
