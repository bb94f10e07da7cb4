internal import Glibc
internal import SQL
internal import System

/// Notices what others write to a shared store: at once what they enqueue or steer, and everything else
/// within a second.
@safe package final class StoreListener: @unchecked Sendable {
    private let directory: StateDirectory
    private let onChange: @Sendable () -> Void
    // Everything below is used only on this thread.
    private let thread = WorkThread()
    private var connection: PostgreSQLConnection?
    private var hasEnded = false

    /// The channel of which the schema's trigger on `jobs` and jobctl's transactions tell.
    static let channel = "jobd"
    /// Between two looks, in case a notification was lost together with its connection.
    private static let interval = Duration.seconds(1)

    package init(_ directory: StateDirectory, onChange: @escaping @Sendable () -> Void) {
        (self.directory, self.onChange) = (directory, onChange)
        thread.async { self.look() }
    }

    private func look() {
        if hasEnded { return }
        if connection?.isLost ?? true { listen() }
        onChange()
        thread.after(Self.interval) { [weak self] in self?.look() }
    }

    private func listen() {
        thread.endWatching()
        connection = nil
        guard let address = directory.shared,
            let new = try? PostgreSQLConnection(
                address, readOnly: true, patience: .zero, lockLimit: Self.interval),
            (try? new.execute("LISTEN \(Self.channel)")) != nil,
            let socket = try? FileDescriptor(fcntl(new.socket, F_DUPFD_CLOEXEC, 0))
        else { return }
        connection = new
        thread.watch(socket) { [weak self] in
            guard let self, let connection else { return }
            if connection.takeNotifications() { onChange() }
            // A connection that is over can be read for ever.
            if connection.isLost { thread.endWatching() }
        }
    }

    package func end() {
        thread.sync {
            self.hasEnded = true
            self.thread.endWatching()
            self.connection = nil
        }
    }
}
