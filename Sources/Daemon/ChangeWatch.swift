internal import Dispatch
internal import Glibc
internal import JobStore

/// Notices that somebody else has written: `jobctl` rings, and any other program's commit changes the log's file.
@safe final class ChangeWatch: @unchecked Sendable {
    private let queue = DispatchQueue(label: "jobd.changes")
    private let onChange: @Sendable () -> Void
    private var sources: [any DispatchSourceRead] = []
    /// The one of `sources` that tells of writes to the log.
    private var notices: (any DispatchSourceRead)?
    /// When the log's file was last written to; nil while nobody waits for the commit behind it.
    private var lastWrite: DispatchTime?

    /// A write to the log comes before its sync, and the commit is to be seen only after that: how long that may take.
    private static let longestCommit = DispatchTimeInterval.seconds(2)

    init(_ directory: StateDirectory, onChange: @escaping @Sendable () -> Void) throws {
        self.onChange = onChange
        watch(try directory.openBell(), onChange)
        let notices = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        let path = directory.database + "-wal"
        guard notices >= 0, unsafe inotify_add_watch(notices, path, UInt32(IN_MODIFY)) >= 0 else { return }
        self.notices = watch(notices) { [unowned self] in noticeWrite() }
    }

    @discardableResult
    private func watch(_ file: Int32, _ handler: @escaping @Sendable () -> Void) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(fileDescriptor: file, queue: queue)
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 4096)
            while unsafe read(file, &bytes, bytes.count) > 0 {}
            handler()
        }
        source.setCancelHandler { close(file) }
        source.resume()
        sources.append(source)
        return source
    }

    private func noticeWrite() {
        let isWaiting = lastWrite != nil
        lastWrite = .now()
        onChange()
        // A commit, and our own above all, writes many times: one notice of them is enough for a while.
        notices?.suspend()
        queue.asyncAfter(deadline: .now() + .milliseconds(20)) { self.notices?.resume() }
        if !isWaiting { lookAgain(after: .milliseconds(20)) }
    }

    private func lookAgain(after wait: DispatchTimeInterval) {
        queue.asyncAfter(deadline: .now() + wait) { [weak self] in
            guard let self, let written = lastWrite else { return }
            onChange()
            if .now() > written + Self.longestCommit {
                lastWrite = nil
            } else {
                lookAgain(after: .milliseconds(100))
            }
        }
    }

    /// Nothing is heard any more.
    func end() {
        queue.sync {
            lastWrite = nil
            for source in sources { source.cancel() }
        }
    }
}
