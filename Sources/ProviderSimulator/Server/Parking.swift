internal import CMicroHTTPD
internal import Dispatch

/// Connections that are set aside for a while, so that a late answer holds up no other.
///
/// libmicrohttpd forgets a suspended connection altogether; whoever takes it out of the set resumes it, once.
final class Parking: @unchecked Sendable {
    private struct Lot {
        var parked: Set<Place> = []
        var isClosed = false
        var tickets: UInt64 = 0
    }

    @safe private struct Place: Hashable {
        var connection: OpaquePointer
        var ticket: UInt64
    }

    private let lot = Locked(Lot())
    private let timer = DispatchQueue(label: "jobsim.parking")

    /// Everybody leaves, and nobody may come any more: libmicrohttpd cannot stop with suspended connections.
    func close() {
        let everybody = lot.withLock { lot in
            lot.isClosed = true
            defer { lot.parked = [] }
            return lot.parked
        }
        for place in everybody { unsafe MHD_resume_connection(place.connection) }
    }

    /// Only from a callback of this connection. False when the simulator is stopping.
    func park(_ connection: OpaquePointer, seconds: Double) -> Bool {
        let place = lot.withLock { lot -> Place? in
            if lot.isClosed { return nil }
            unsafe MHD_suspend_connection(connection)
            lot.tickets += 1
            let place = unsafe Place(connection: connection, ticket: lot.tickets)
            lot.parked.insert(place)
            return place
        }
        guard let place else { return false }
        timer.asyncAfter(deadline: .now() + seconds) { self.leave(place) }
        return true
    }

    private func leave(_ place: Place) {
        if lot.withLock({ $0.parked.remove(place) }) != nil { unsafe MHD_resume_connection(place.connection) }
    }
}
