internal import CommandLineTool
internal import Glibc
internal import System

/// The service manager that started jobd, told how it stands by systemd's protocol: a datagram of lines to
/// `$NOTIFY_SOCKET`. Where that is not set, nothing is told.
final class ServiceManager: Sendable {
    private let socketPath: String?
    /// Half the time after which a service that says nothing counts as hung; nil where nobody watches.
    let petting: Duration?
    private let phase = Locked(Phase.starting)

    private enum Phase { case starting, ready, stopping }

    init(environment: [String: String]) {
        // "@" stands for an abstract name; other kinds of addresses are no use for a process of this machine.
        let path = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        socketPath = path
        let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        petting = path != nil && isMeant && limit > 0 ? .microseconds(limit / 2) : nil
    }

    var isListening: Bool { socketPath != nil }

    func ready() {
        phase.withLock { $0 = .ready }
        send("READY=1")
    }

    func stopping() {
        phase.withLock { $0 = .stopping }
        send("STOPPING=1", "STATUS=stopping: what is on the wire gets its answer")
    }

    func status(_ text: String) { if phase.withLock({ $0 }) != .stopping { send("STATUS=\(text)") } }

    func isAlive() { send("WATCHDOG=1") }

    /// A reload before the start is over, or after the end has begun, is nothing to tell.
    func duringReload(_ work: () async -> Void) async {
        guard phase.withLock({ $0 }) == .ready else { return await work() }
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        send("RELOADING=1", "MONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
        await work()
        if phase.withLock({ $0 }) == .ready { send("READY=1") }
    }

    private func send(_ lines: String...) {
        guard let socketPath, let (name, length) = Self.address(socketPath) else { return }
        var address = name
        // One of our own would be as good, but a message is rare, and a handle that is not kept needs no
        // owner.
        let speaker = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard speaker >= 0 else { return }
        defer { close(speaker) }
        // A text from outside must not become a line of its own.
        let bytes = Array(lines.map { SafeText.escape($0) }.joined(separator: "\n").utf8)
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(speaker, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// Nil where the path is too long. An abstract name begins with a zero byte and ends with the address.
    private static func address(_ path: String) -> (sockaddr_un, socklen_t)? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let heading = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2
        return (address, socklen_t(heading + bytes.count + (isAbstract ? 0 : 1)))
    }
}
