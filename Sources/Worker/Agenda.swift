/// Which job is to be looked at when: a heap by time, a few bytes an entry.
struct Agenda {
    typealias Moment = Int64

    private struct Entry {
        let at: Moment
        let job: Int64
    }

    private var heap: [Entry] = []
    /// The time that counts for a job; entries of the heap with another one are out of date.
    private var times: [Int64: Moment] = [:]

    var next: Moment? { heap.first?.at }
    var count: Int { times.count }

    func contains(_ job: Int64) -> Bool { times[job] != nil }

    /// Puts `job` on the agenda at `at`, instead of when it stood there before.
    mutating func put(_ job: Int64, at: Moment) {
        times[job] = at
        heap.append(Entry(at: at, job: job))
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2].at > heap[child].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the job whose time came first, if it has come.
    mutating func takeDue(_ now: Moment) -> Int64? {
        while let first = heap.first, first.at <= now {
            removeFirst()
            guard times[first.job] == first.at else { continue }
            times[first.job] = nil
            return first.job
        }
        return nil
    }

    private mutating func removeFirst() {
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
