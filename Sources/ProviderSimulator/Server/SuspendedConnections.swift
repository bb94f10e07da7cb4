internal import CMicroHTTPD
internal import Dispatch
internal import System

/// Connections whose answers are sent later, without holding up others.
///
/// libmicrohttpd itself never resumes a suspended connection. Each is resumed once, by the code that removes
/// it here.
final class SuspendedConnections: Sendable {
    private struct State {
        var connections: [Int: Connection] = [:]
        var lastID = 0
        var isClosed = false
        var releases = 0
    }

    /// When a connection is to be resumed.
    enum End {
        case after(seconds: Double)
        /// At the first release after this number of them.
        case release(after: Int)
    }

    @safe private struct Connection {
        let pointer: OpaquePointer
        let isHeld: Bool
    }

    private let state = Locked(State())
    private let timer = DispatchQueue(label: "jobsim.suspended-connections")

    /// Resumes all connections and takes no more: libmicrohttpd cannot stop while any is suspended.
    func close() {
        let connections = state.withLock { state in
            state.isClosed = true
            defer { state.connections = [:] }
            return state.connections
        }
        for connection in connections.values { unsafe MHD_resume_connection(connection.pointer) }
    }

    /// How often `releaseHeld` was called.
    var releases: Int { state.withLock { $0.releases } }

    /// Resumes those that wait for a release.
    func releaseHeld() {
        let held = state.withLock { state in
            state.releases += 1
            let held = state.connections.filter { $0.value.isHeld }
            for id in held.keys { state.connections[id] = nil }
            return held
        }
        for connection in held.values { unsafe MHD_resume_connection(connection.pointer) }
    }

    /// To be called in a callback of this connection only. False if its end has come already.
    func suspend(_ connection: OpaquePointer, until end: End) -> Bool {
        let id = state.withLock { state -> Int? in
            if state.isClosed { return nil }
            let isHeld: Bool
            switch end {
            case .after: isHeld = false
            case .release(let releases) where releases == state.releases: isHeld = true
            case .release: return nil
            }
            unsafe MHD_suspend_connection(connection)
            state.lastID += 1
            state.connections[state.lastID] = unsafe Connection(pointer: connection, isHeld: isHeld)
            return state.lastID
        }
        guard let id else { return false }
        guard case .after(let seconds) = end else { return true }
        timer.asyncAfter(deadline: .now() + seconds) {
            let connection = self.state.withLock { $0.connections.removeValue(forKey: id) }
            if let connection { unsafe MHD_resume_connection(connection.pointer) }
        }
        return true
    }
}
