internal import CMicroHTTPD
internal import Dispatch
internal import System

/// Connections that are set aside for a while, so that a late answer holds up no other.
///
/// libmicrohttpd forgets a suspended connection altogether; whoever takes it out of the lot resumes it, once.
final class Parking: Sendable {
    private struct Lot {
        var parked: [Int: Parked] = [:]
        var tickets = 0
        var isClosed = false
    }

    @safe private struct Parked {
        let connection: OpaquePointer
    }

    private let lot = Locked(Lot())
    private let timer = DispatchQueue(label: "jobsim.parking")

    /// Everybody leaves, and nobody may come any more: libmicrohttpd cannot stop with suspended connections.
    func close() {
        let everybody = lot.withLock { lot in
            lot.isClosed = true
            defer { lot.parked = [:] }
            return lot.parked
        }
        for parked in everybody.values { unsafe MHD_resume_connection(parked.connection) }
    }

    /// Only from a callback of this connection. False when the simulator is stopping.
    func park(_ connection: OpaquePointer, seconds: Double) -> Bool {
        let ticket = lot.withLock { lot -> Int? in
            if lot.isClosed { return nil }
            unsafe MHD_suspend_connection(connection)
            lot.tickets += 1
            lot.parked[lot.tickets] = unsafe Parked(connection: connection)
            return lot.tickets
        }
        guard let ticket else { return false }
        timer.asyncAfter(deadline: .now() + seconds) { self.leave(ticket) }
        return true
    }

    private func leave(_ ticket: Int) {
        let parked = lot.withLock { $0.parked.removeValue(forKey: ticket) }
        if let parked { unsafe MHD_resume_connection(parked.connection) }
    }
}
