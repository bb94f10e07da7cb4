/// Which job is to be looked at when: heaps by time, a few bytes an entry.
struct Agenda {
    typealias Moment = Int64

    /// Lists of their own, so that who waits for a place lets others pass.
    enum Lane: Int, CaseIterable, Sendable {
        case ordinary
        /// The last look brought no answer.
        case troubled
        /// Nothing is asked: its files are fetched.
        case fetching
    }

    private struct Entry {
        let at: Moment
        let job: Int64
    }

    private var heaps = Lane.allCases.map { _ in [Entry]() }
    /// The time and place that count for a job; entries of the heaps with another one are out of date.
    private var times: [Int64: (at: Moment, lane: Lane)] = [:]

    var next: Moment? { Lane.allCases.compactMap(next(in:)).min() }
    var count: Int { times.count }

    func next(in lane: Lane) -> Moment? { heaps[lane.rawValue].first?.at }
    func contains(_ job: Int64) -> Bool { times[job] != nil }

    /// Puts `job` on the agenda at `at`, instead of when and where it stood there before.
    mutating func put(_ job: Int64, at: Moment, in lane: Lane = .ordinary) {
        times[job] = (at, lane)
        heaps[lane.rawValue].append(Entry(at: at, job: job))
        Self.raiseLast(of: &heaps[lane.rawValue])
    }

    /// Takes the job whose time came first, if it has come.
    mutating func takeDue(_ now: Moment, in lane: Lane = .ordinary) -> Int64? {
        while let first = heaps[lane.rawValue].first, first.at <= now {
            Self.removeFirst(of: &heaps[lane.rawValue])
            guard let time = times[first.job], time == (first.at, lane) else { continue }
            times[first.job] = nil
            return first.job
        }
        return nil
    }

    private static func raiseLast(of heap: inout [Entry]) {
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
