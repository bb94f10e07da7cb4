/// One accepted POST and what became of it.
struct Request {
    enum Phase: String {
        case inQueue = "in_queue"
        case inProgress = "in_progress"
        case ended
        case cancelled
    }

    let id: String
    let model: String
    /// The input as JSON text: parsed again where it is needed, which is rare, to save memory.
    let input: String
    let price: Double
    /// Times are seconds since 1970.
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
