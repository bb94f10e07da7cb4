/// How a simulator behaves.
package struct Options: Sendable {
    package var address = "127.0.0.1"
    /// 0 takes a free one.
    package var port: UInt16 = 8471
    /// The only token that is accepted; nil accepts every one.
    package var token: String?
    package var queueSeconds = 0.5
    package var runSeconds = 2.0
    /// How much the latencies vary, as a share of them.
    package var jitter = 0.2
    /// How many requests run at once; 0 is no bound.
    package var concurrency = 0
    /// Of each download; nil is as fast as it goes.
    package var bytesPerSecond: Int?
    package var imageWidth = 512
    /// In USD; nil never ends.
    package var balance: Double?
    package var stateDirectory: String?
    /// nil draws one, so that request ids are new in each run.
    package var seed: UInt64?
    package var strictModels = false
    package var threads = 2
    package private(set) var faults: [String] = []
    var parsedFaults: [Fault] = []

    package init() {}
}

extension Options {
    /// Adds a fault, in the words of `--fault`.
    mutating func addFault(_ specification: String) throws(FaultParser.Failure) {
        parsedFaults.append(try FaultParser.parse(specification))
        faults.append(specification)
    }
}
