internal import CommandLineTool
internal import Configuration
internal import HTTP
internal import JobModel
internal import JobStore
internal import System

/// Writes the log to standard error, one line per event: with priorities under systemd, else with times.
final class LogWriter: Sendable {
    private let threshold: Locked<Configuration.LogLevel>
    private let isJournal: Bool

    init(_ threshold: Configuration.LogLevel, environment: [String: String]) {
        self.threshold = Locked(threshold)
        isJournal = environment["JOURNAL_STREAM"].map(Self.isStandardError) ?? false
    }

    /// A program started by a service inherits the variable even if its own log goes elsewhere.
    private static func isStandardError(_ stream: String) -> Bool {
        guard let file = try? FileDescriptor.standardError.status().identity else { return false }
        return stream == "\(file.device):\(file.number)"
    }

    func change(_ level: Configuration.LogLevel) { threshold.withLock { $0 = level } }

    func write(_ level: Configuration.LogLevel, _ text: String) {
        guard level >= threshold.withLock({ $0 }) else { return }
        let priority =
            switch level {
            case .debug: "<7>"
            case .info: "<6>"
            case .warning: "<4>"
            case .error: "<3>"
            }
        let heading = isJournal ? priority : "\(Timestamp.now) \(level.rawValue): "
        // One call per line, so that the lines of several threads do not mix.
        try? FileDescriptor.standardError.write(Array((heading + SafeText.escape(text) + "\n").utf8))
    }
}
