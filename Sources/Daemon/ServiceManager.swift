internal import CommandLineTool
internal import Glibc
internal import System

/// Tells the service manager the state of jobd by systemd's protocol, a datagram of lines to
/// `$NOTIFY_SOCKET`, if that is set.
final class ServiceManager: Sendable {
    private let socketPath: String?
    /// Half the time after which a silent service counts as hung; nil if there is no watchdog.
    let watchdogInterval: Duration?
    private let phase = Locked(Phase.starting)

    private enum Phase { case starting, ready, stopping }

    init(environment: [String: String]) {
        // "@" marks an abstract name; other kinds of addresses are not for processes of this machine.
        let path = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        socketPath = path
        let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogInterval = path != nil && isMeant && limit > 0 ? .microseconds(limit / 2) : nil
    }

    var isListening: Bool { socketPath != nil }

    func ready() {
        phase.withLock { $0 = .ready }
        send("READY=1")
    }

    func stopping() {
        phase.withLock { $0 = .stopping }
        send("STOPPING=1", "STATUS=stopping: requests on the wire get their answers")
    }

    func status(_ text: String) { if phase.withLock({ $0 }) != .stopping { send("STATUS=\(text)") } }

    func isAlive() { send("WATCHDOG=1") }

    /// A reload during the start or the end is not reported.
    func duringReload(_ work: () async -> Void) async {
        guard phase.withLock({ $0 }) == .ready else { return await work() }
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        send("RELOADING=1", "MONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
        await work()
        if phase.withLock({ $0 }) == .ready { send("READY=1") }
    }

    private func send(_ lines: String...) {
        // Text from outside must not start a new line.
        let bytes = Array(lines.map { SafeText.escape($0) }.joined(separator: "\n").utf8)
        socketPath.flatMap { LocalAddress($0) }?.send(bytes, isBlocking: true)
    }
}
