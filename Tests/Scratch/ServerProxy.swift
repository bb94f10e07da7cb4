internal import Glibc
internal import System

/// Stands between clients and a PostgreSQL server, reads what the clients send, and cuts a connection at its
/// COMMIT if it is told to.
package final class ServerProxy: Sendable {
    /// Where a connection is cut.
    package enum Cut: Sendable {
        /// The server never hears of the COMMIT.
        case before
        /// The server has it, and may not have done it yet.
        case after
        /// The server has done it, and its answer is lost.
        case atAnswer
    }

    private struct Plan {
        var cut: Cut?
        /// How many further connections are refused after the cut.
        var refusals = 0
        /// How many questions for the outcome are cut off.
        var silences = 0
        /// Done at the cut, before anybody notices it.
        var meanwhile: @Sendable () -> Void = {}
    }

    private let scratch = ScratchDirectory()
    private let target: String
    private let listener: Int32
    private let plan = Locked(Plan())
    private static let socketName = ".s.PGSQL.5432"

    /// - Parameter folder: where the server has its socket.
    package init(to folder: String) throws {
        target = "\(folder)/\(Self.socketName)"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let bound = Self.withAddress(scratch[Self.socketName]) { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 100) == 0 else { throw Never(description: "no proxy") }
        try Threads.start { [listener, target, plan] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                let isRefused = plan.withLock { plan in
                    guard plan.cut == nil, plan.refusals > 0 else { return false }
                    plan.refusals -= 1
                    return true
                }
                if isRefused {
                    close(client)
                    continue
                }
                try? Threads.start { Exchange(client, target, plan).run() }
            }
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// The same database by way of the proxy.
    package func address(of address: String) -> String {
        let folder = target.dropLast(Self.socketName.utf8.count + 1)
        return address.split(separator: folder, omittingEmptySubsequences: false).joined(
            separator: scratch.path)
    }

    /// Cuts the connection of whoever commits next.
    ///
    /// - Parameters:
    ///   - refusals: how many further connections are refused.
    ///   - silences: how many questions for what has become of it are cut off.
    ///   - meanwhile: what happens at the cut, before the client notices it.
    package func cutNext(
        _ cut: Cut, refusals: Int = 0, silences: Int = 0, meanwhile: @escaping @Sendable () -> Void = {}
    ) {
        plan.withLock {
            $0 = Plan(cut: cut, refusals: refusals, silences: silences, meanwhile: meanwhile)
        }
    }

    /// Whether the cut is still to come.
    package var isWaiting: Bool { plan.withLock { $0.cut != nil } }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    /// One connection.
    private struct Exchange {
        let client: Int32
        let server: Int32
        let plan: Locked<Plan>
        /// What the client has sent of a message that is not complete.
        var unfinished: [UInt8] = []
        /// The first message has no letter before its length.
        var hasStarted = false

        init(_ client: Int32, _ target: String, _ plan: Locked<Plan>) {
            (self.client, self.plan) = (client, plan)
            server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            _ = ServerProxy.withAddress(target) { [server] in connect(server, $0, $1) }
        }

        consuming func run() {
            defer {
                close(client)
                close(server)
            }
            var sides = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            while poll(&sides, 2, -1) > 0 {
                if sides[1].revents != 0 {
                    guard let bytes = Self.read(server), Self.send(bytes, to: client) else { return }
                }
                if sides[0].revents != 0 {
                    guard let bytes = Self.read(client) else { return }
                    unfinished += bytes
                    while let message = takeMessage() { if !pass(message) { return } }
                }
            }
        }

        private mutating func takeMessage() -> [UInt8]? {
            let start = hasStarted ? 1 : 0
            guard unfinished.count >= start + 4 else { return nil }
            let length = unfinished[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard unfinished.count >= start + length else { return nil }
            defer {
                unfinished.removeFirst(start + length)
                hasStarted = true
            }
            return Array(unfinished[..<(start + length)])
        }

        /// - Returns: false if the connection is to be cut.
        private func pass(_ message: [UInt8]) -> Bool {
            var cut: Cut?
            if message.first == UInt8(ascii: "Q"), message.dropFirst(5).elementsEqual("COMMIT\0".utf8) {
                cut = plan.withLock { plan in
                    defer { plan.cut = nil }
                    return plan.cut
                }
            }
            if cut != .before {
                if isSilenced(message) { return false }
                guard Self.send(message, to: server) else { return false }
                if cut == .atAnswer { _ = Self.read(server) }
            }
            if cut != nil { plan.withLock { $0.meanwhile }() }
            return cut == nil
        }

        private func isSilenced(_ message: [UInt8]) -> Bool {
            guard String(decoding: message, as: UTF8.self).contains("pg_xact_status") else { return false }
            return plan.withLock { plan in
                defer { plan.silences = max(0, plan.silences - 1) }
                return plan.silences > 0
            }
        }

        private static func read(_ file: Int32) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(file, &bytes, bytes.count, 0)
            return count > 0 ? Array(bytes[..<count]) : nil
        }

        private static func send(_ bytes: [UInt8], to file: Int32) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return false }
                sent += count
            }
            return true
        }
    }
}
