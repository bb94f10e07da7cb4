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
    }

    @safe private struct Connection {
        let pointer: OpaquePointer
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

    /// To be called in a callback of this connection only. False if the simulator is stopping.
    func suspend(_ connection: OpaquePointer, seconds: Double) -> Bool {
        let id = state.withLock { state -> Int? in
            if state.isClosed { return nil }
            unsafe MHD_suspend_connection(connection)
            state.lastID += 1
            state.connections[state.lastID] = unsafe Connection(pointer: connection)
            return state.lastID
        }
        guard let id else { return false }
        timer.asyncAfter(deadline: .now() + seconds) {
            let connection = self.state.withLock { $0.connections.removeValue(forKey: id) }
            if let connection { unsafe MHD_resume_connection(connection.pointer) }
        }
        return true
    }
}
