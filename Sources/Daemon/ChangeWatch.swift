internal import Configuration
internal import Glibc
internal import JobStore
internal import System

/// Notices that another program has written: `jobctl` wakes jobd, and every commit changes a watched file.
@safe final class ChangeWatch: @unchecked Sendable {
    private let directory: StateDirectory
    private let log: LogWriter
    private let onChange: @Sendable () -> Void
    /// In place of the files of a store that is not in the directory.
    private let listener: StoreListener?
    // Everything below is used only on this thread.
    private let thread = WorkThread()
    /// The inotify instance; nil if there is none, and after the end.
    private var notices: FileDescriptor?
    /// Whether it checks every second instead, because the system has no watch left.
    private var isTicking = false
    /// When the file of commits was last written; nil unless the commit of that write is still awaited.
    private var lastWrite: SuspendingClock.Instant?

    /// A commit becomes visible only after the sync that follows the write: how long that may take.
    private static let longestCommit = Duration.seconds(2)
    /// A commit, above all one of our own, writes many times: one notice is enough for this long.
    private static let pause = Duration.milliseconds(20)

    init(_ directory: StateDirectory, _ log: LogWriter, onChange: @escaping @Sendable () -> Void) {
        self.directory = directory
        self.log = log
        self.onChange = onChange
        listener = directory.sharedStore.map { _ in StoreListener(directory, onChange: onChange) }
        // jobd is not ready before it can be woken.
        thread.sync {
            self.watchSocket()
            if self.listener == nil { self.watchFiles() }
        }
    }

    private func watchSocket() {
        do {
            read(try directory.openWakeSocket()) { [weak self] _ in self?.onChange() }
        } catch {
            log.write(.warning, "jobctl cannot wake jobd: \(error)")
        }
    }

    private func watchFiles() {
        guard let notices = try? FileDescriptor(inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))) else {
            return tick()
        }
        self.notices = notices
        read(notices) { [weak self] bytes in self?.notice(bytes) }
        // Names that are removed or replaced: the store checks whether they were its own.
        let names = UInt32(IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)
        if unsafe inotify_add_watch(notices.number, directory.path, names) < 0, errno != ENOENT { tick() }
        awaitWrite()
    }

    /// Calls `handler` with the bytes that have arrived.
    private func read(_ file: FileDescriptor, _ handler: @escaping @Sendable ([UInt8]) -> Void) {
        thread.watch(file) {
            var bytes: [UInt8] = []
            while let piece = try? file.read(4096), !piece.isEmpty { bytes += piece }
            handler(bytes)
        }
    }

    /// Asks for a notice of the next write only.
    private func awaitWrite() {
        guard let notices else { return }
        let once = UInt32(IN_MODIFY) | 1 << 31  // IN_ONESHOT
        if unsafe inotify_add_watch(notices.number, directory.commitFile, once) < 0, errno != ENOENT {
            tick()
        }
    }

    private func notice(_ bytes: [UInt8]) {
        let heading = MemoryLayout<inotify_event>.size
        var (position, isWrite, isName) = (0, false, false)
        while position + heading <= bytes.count {
            let event = unsafe bytes.withUnsafeBytes {
                unsafe $0.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
            }
            if event.mask & UInt32(IN_MODIFY) != 0 { isWrite = true }
            // IN_IGNORED only says that the watch for one write has ended.
            if event.mask & UInt32(IN_MODIFY | IN_IGNORED) == 0 { isName = true }
            position += heading + Int(event.len)
        }
        if isWrite { noticeWrite() } else if isName { onChange() }
    }

    private func noticeWrite() {
        let isWaiting = lastWrite != nil
        lastWrite = .now
        onChange()
        thread.after(Self.pause) { [weak self] in self?.awaitWrite() }
        if !isWaiting { lookAgain(after: Self.pause) }
    }

    private func lookAgain(after wait: Duration) {
        thread.after(wait) { [weak self] in
            guard let self, let written = lastWrite else { return }
            onChange()
            if .now > written + Self.longestCommit {
                lastWrite = nil
            } else {
                lookAgain(after: .milliseconds(100))
            }
        }
    }

    /// If the system has no watch left, what others write is still noticed within a second.
    private func tick() {
        guard !isTicking else { return }
        isTicking = true
        let reason = SystemError.last
        log.write(
            .warning,
            "cannot watch for other programs' changes (inotify: \(reason)): jobd checks for them every "
                + "second; see fs.inotify.max_user_instances and max_user_watches")
        checkAgain()
    }

    private func checkAgain() {
        guard isTicking else { return }
        onChange()
        thread.after(.milliseconds(800)) { [weak self] in self?.checkAgain() }
    }

    /// Stops watching.
    func end() {
        listener?.end()
        thread.sync {
            self.lastWrite = nil
            self.notices = nil
            self.isTicking = false
            self.thread.endWatching()
        }
    }
}
