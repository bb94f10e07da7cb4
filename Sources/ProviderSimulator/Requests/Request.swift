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
    /// Its time in the queue is over.
    var isDue = false
    /// Its files are still to be fetched; until then it stays in the queue.
    var awaitsInputs = false
    var inputs: [FetchedInput] = []
    var endedAt: Double?
    var statusCalls = 0
    var resultCalls = 0
    var cancelCalls = 0
    var downloads = 0

    /// Why the model could not work on its input.
    var inputFault: String? { inputs.lazy.compactMap(\.fault).first }
}
