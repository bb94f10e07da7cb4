internal import CommandLineTool
internal import Configuration
internal import Glibc
internal import HTTP
internal import JobModel
internal import JobStore
internal import System

/// Writes the log to standard error, one line an event: with priorities under systemd, with times elsewhere.
final class LogWriter: Sendable {
    private let threshold: Locked<Configuration.LogLevel>
    private let isJournal: Bool

    init(_ threshold: Configuration.LogLevel, environment: [String: String]) {
        self.threshold = Locked(threshold)
        isJournal = environment["JOURNAL_STREAM"].map(Self.isStandardError) ?? false
    }

    /// A program that was started by a service inherits the variable, also where its own log goes elsewhere.
    private static func isStandardError(_ stream: String) -> Bool {
        var status = stat()
        guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
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
        let line = Array((heading + SafeText.escape(text) + "\n").utf8)
        // One call for a line, so that lines of several threads do not mix.
        _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
