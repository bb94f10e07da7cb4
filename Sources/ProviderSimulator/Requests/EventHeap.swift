/// The moments at which something happens to a request, the earliest first.
struct EventHeap {
    struct Event {
        enum Kind { case mayStart, ends }

        var time: Double
        var arrival: Int
        var kind: Kind

        static func < (first: Event, second: Event) -> Bool {
            (first.time, first.arrival) < (second.time, second.arrival)
        }
    }

    private var events: [Event] = []

    var first: Event? { events.first }

    mutating func insert(_ event: Event) {
        var place = events.count
        events.append(event)
        while place > 0, event < events[(place - 1) / 2] {
            events[place] = events[(place - 1) / 2]
            place = (place - 1) / 2
        }
        events[place] = event
    }

    mutating func removeFirst() {
        guard let last = events.popLast(), !events.isEmpty else { return }
        var place = 0
        while 2 * place + 1 < events.count {
            var child = 2 * place + 1
            if child + 1 < events.count, events[child + 1] < events[child] { child += 1 }
            guard events[child] < last else { break }
            events[place] = events[child]
            place = child
        }
        events[place] = last
    }
}
