/// All requests and the time that passes for them.
///
/// Nothing runs in the background: each question first lets the time pass up to now. Requests start in the
/// order in which they may; `concurrency` bounds how many run at once.
struct RequestBook {
    /// 0 is no bound.
    private let concurrency: Int
    private(set) var requests: [Request] = []
    private var arrivals: [String: Int] = [:]
    private var line = WaitingLine()
    private var events = EventHeap()
    /// Arrivals that may start and find no free place, the oldest first from `nextReady` on.
    private var ready: [Int] = []
    private var nextReady = 0
    private(set) var running = 0
    private(set) var balance: Double?

    init(concurrency: Int, balance: Double?) {
        self.concurrency = concurrency
        self.balance = balance
    }

    subscript(id: String) -> Request? { arrivals[id].map { requests[$0] } }

    /// Takes the price of a request; false when there is not enough money.
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
        line.arrive()
        events.insert(
            EventHeap.Event(
                time: request.acceptedAt + request.queueSeconds, arrival: arrival, kind: .mayStart))
    }

    /// How many requests that came earlier still wait; nil when this one does not wait.
    func queuePosition(of id: String) -> Int? {
        guard let arrival = arrivals[id], requests[arrival].phase == .inQueue else { return nil }
        return line.waiting(before: arrival)
    }

    /// Only what still waits can be cancelled; its price is given back. False when it is too late.
    mutating func cancel(_ id: String, at time: Double) -> Bool {
        guard let arrival = arrivals[id] else { return false }
        if requests[arrival].phase == .inQueue {
            requests[arrival].phase = .cancelled
            requests[arrival].endedAt = time
            line.leave(arrival)
            credit(requests[arrival].price)
        }
        return requests[arrival].phase == .cancelled
    }

    mutating func count(_ counter: WritableKeyPath<Request, Int>, of id: String) {
        if let arrival = arrivals[id] { requests[arrival][keyPath: counter] += 1 }
    }

    /// Lets everything happen that was due up to `now`.
    mutating func advance(to now: Double) {
        while let event = events.first, event.time <= now {
            events.removeFirst()
            switch event.kind {
            case .mayStart:
                guard requests[event.arrival].phase == .inQueue else { continue }
                if concurrency == 0 || running < concurrency {
                    start(event.arrival, at: event.time)
                } else {
                    ready.append(event.arrival)
                }
            case .ends:
                requests[event.arrival].phase = .ended
                requests[event.arrival].endedAt = event.time
                running -= 1
                startNextReady(at: event.time)
            }
        }
    }

    private mutating func startNextReady(at time: Double) {
        while nextReady < ready.count {
            let arrival = ready[nextReady]
            nextReady += 1
            guard requests[arrival].phase == .inQueue else { continue }
            return start(arrival, at: time)
        }
        ready = []
        nextReady = 0
    }

    private mutating func start(_ arrival: Int, at time: Double) {
        requests[arrival].phase = .inProgress
        line.leave(arrival)
        running += 1
        events.insert(
            EventHeap.Event(time: time + requests[arrival].runSeconds, arrival: arrival, kind: .ends))
    }
}
