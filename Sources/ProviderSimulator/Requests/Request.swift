/// One accepted POST and what came of it.
struct Request {
    enum Phase: String {
        case inQueue = "in_queue"
        case inProgress = "in_progress"
        case ended
        case cancelled
    }

    let id: String
    let model: String
    /// The input as JSON text, which takes less memory. It is rarely needed, and parsed each time.
    let input: String
    let price: Double
    /// Like all times here, in seconds since 1970.
    let acceptedAt: Double
    let queueSeconds: Double
    let runSeconds: Double
    /// Faults that the prompt asked for.
    var faults: [ArmedFault] = []
    var phase = Phase.inQueue
    var endedAt: Double?
    var statusCalls = 0
    var resultCalls = 0
    var cancelCalls = 0
    var downloads = 0
}
