internal import Policy

/// When each job is due: a heap by time for each lane, a few bytes an entry.
struct Agenda {
    /// Each lane has its own slots, so that jobs that wait for a slot do not hold up those of another lane.
    enum Lane: Int, CaseIterable, Sendable {
        case ordinary
        /// The last look brought no answer.
        case troubled
        /// Its files are fetched.
        case fetching
    }

    private typealias Entry = (at: Moment, job: Int64)

    private var heaps: [[Entry]] = Lane.allCases.map { _ in [] }
    /// The time and lane that count for a job; entries of the heaps with another one are out of date.
    private var times: [Int64: (at: Moment, lane: Lane)] = [:]

    var count: Int { times.count }

    func next(in lane: Lane = .ordinary) -> Moment? { heaps[lane.rawValue].first?.at }

    /// Puts `job` on the agenda, in place of any earlier entry.
    mutating func put(_ job: Int64, at: Moment, in lane: Lane = .ordinary) {
        times[job] = (at, lane)
        Self.insert((at, job), into: &heaps[lane.rawValue])
    }

    /// Removes and returns the first job that is due.
    mutating func takeDue(_ now: Moment, in lane: Lane = .ordinary) -> Int64? {
        while let first = heaps[lane.rawValue].first, first.at <= now {
            Self.removeFirst(of: &heaps[lane.rawValue])
            guard let time = times[first.job], time == (first.at, lane) else { continue }
            times[first.job] = nil
            return first.job
        }
        return nil
    }

    private static func insert(_ entry: Entry, into heap: inout [Entry]) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2].at > heap[child].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private static func removeFirst(of heap: inout [Entry]) {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].at < heap[least].at {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
