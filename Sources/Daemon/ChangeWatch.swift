internal import Dispatch
internal import Glibc
internal import JobStore

/// Notices that somebody else has written: `jobctl` rings, and any other program's commit changes the log's file.
@safe final class ChangeWatch: @unchecked Sendable {
    private let queue = DispatchQueue(label: "jobd.changes")
    private var sources: [any DispatchSourceRead] = []

    init(_ directory: StateDirectory, onChange: @escaping @Sendable () -> Void) throws {
        try watch(directory.openBell(), onChange)
        let notices = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        let path = directory.database + "-wal"
        guard notices >= 0, unsafe inotify_add_watch(notices, path, UInt32(IN_MODIFY)) >= 0 else { return }
        watch(notices, onChange)
    }

    private func watch(_ file: Int32, _ onChange: @escaping @Sendable () -> Void) {
        let source = DispatchSource.makeReadSource(fileDescriptor: file, queue: queue)
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 4096)
            while unsafe read(file, &bytes, bytes.count) > 0 {}
            onChange()
        }
        source.setCancelHandler { close(file) }
        source.resume()
        sources.append(source)
    }

    func end() { for source in sources { source.cancel() } }
}
