/// All requests and the time that passes for them.
///
/// Nothing runs in the background: `advance(to:)` lets the time pass before each look at the book. A request
/// waits in the queue for its own time, and then until fewer than `concurrency` others run.
struct RequestBook {
    private struct Event {
        enum Kind { case mayStart, ends }

        var time: Double
        var arrival: Int
        var kind: Kind

        static func < (first: Event, second: Event) -> Bool {
            (first.time, first.arrival) < (second.time, second.arrival)
        }
    }

    private let concurrency: Int
    /// In the order of their arrival, by which they are numbered below.
    private(set) var requests: [Request] = []
    private var arrivals: [String: Int] = [:]
    /// The requests in the queue, the oldest first.
    private var queue: [Int] = []
    /// The requests that may start as soon as fewer run, in the order in which they do.
    private var ready: ArraySlice<Int> = []
    /// What is still to happen, the latest first.
    private var events: [Event] = []
    private(set) var running = 0
    private(set) var balance: Double?

    /// - Parameter concurrency: 0 is no limit.
    init(concurrency: Int, balance: Double?) {
        self.concurrency = concurrency == 0 ? .max : concurrency
        self.balance = balance
    }

    subscript(id: String) -> Request? { arrivals[id].map { requests[$0] } }

    /// The request, after one of its counters is increased.
    mutating func request(_ id: String, counting counter: WritableKeyPath<Request, Int>) -> Request? {
        guard let arrival = arrivals[id] else { return nil }
        requests[arrival][keyPath: counter] += 1
        return requests[arrival]
    }

    /// Takes the price of a request; false if there is not enough money.
    mutating func charge(_ price: Double) -> Bool {
        guard let money = balance else { return true }
        guard money > 0, money + 1e-9 >= price else { return false }
        balance = money - price
        return true
    }

    mutating func credit(_ money: Double) { balance = balance.map { $0 + money } }

    mutating func accept(_ request: Request) {
        let arrival = requests.count
        requests.append(request)
        arrivals[request.id] = arrival
        queue.append(arrival)
        schedule(.mayStart, of: arrival, at: request.acceptedAt + request.queueSeconds)
    }

    /// How many earlier requests are in the queue; nil if this one is not.
    func queuePosition(of id: String) -> Int? { arrivals[id].flatMap { queue.firstIndex(of: $0) } }

    /// Cancels a request that is still in the queue and gives its price back; false if it is too late.
    mutating func cancel(_ id: String, at time: Double) -> Bool {
        guard let arrival = arrivals[id] else { return false }
        if requests[arrival].phase == .inQueue {
            requests[arrival].phase = .cancelled
            requests[arrival].endedAt = time
            leaveQueue(arrival)
            credit(requests[arrival].price)
        }
        return requests[arrival].phase == .cancelled
    }

    /// Lets everything happen that was due up to `now`.
    mutating func advance(to now: Double) {
        while let event = events.last, event.time <= now {
            events.removeLast()
            switch event.kind {
            case .mayStart:
                requests[event.arrival].isDue = true
                if !requests[event.arrival].awaitsInputs { ready.append(event.arrival) }
            case .ends:
                requests[event.arrival].phase = .ended
                requests[event.arrival].endedAt = event.time
                running -= 1
            }
            startReady(at: event.time)
        }
    }

    /// The files of a request are here, or cannot be had.
    mutating func note(_ inputs: [FetchedInput], of id: String, at time: Double) {
        guard let arrival = arrivals[id], requests[arrival].awaitsInputs else { return }
        requests[arrival].awaitsInputs = false
        requests[arrival].inputs = inputs
        guard requests[arrival].isDue else { return }
        ready.append(arrival)
        startReady(at: time)
    }

    private mutating func startReady(at time: Double) {
        while running < concurrency, let next = ready.popFirst() {
            if requests[next].phase == .inQueue { start(next, at: time) }
        }
    }

    private mutating func start(_ arrival: Int, at time: Double) {
        requests[arrival].phase = .inProgress
        leaveQueue(arrival)
        running += 1
        let seconds = requests[arrival].inputFault == nil ? requests[arrival].runSeconds : 0
        schedule(.ends, of: arrival, at: time + seconds)
    }

    private mutating func leaveQueue(_ arrival: Int) {
        if let position = queue.firstIndex(of: arrival) { queue.remove(at: position) }
    }

    private mutating func schedule(_ kind: Event.Kind, of arrival: Int, at time: Double) {
        let event = Event(time: time, arrival: arrival, kind: kind)
        // Most new events are among the latest, which are found first.
        events.insert(event, at: events.firstIndex { $0 < event } ?? events.endIndex)
    }
}
