internal import CLinux
internal import Glibc
internal import System

/// Turns signals into calls. A second signal to end the program ends it at once.
///
/// Made on the main thread, which is the only one that does not block signals yet.
final class SignalWatch {
    private let thread = WorkThread()

    init(onStop: @escaping @Sendable () -> Void, onReload: @escaping @Sendable () -> Void) throws(SystemError)
    {
        // A log without a reader is no reason to end.
        signal(SIGPIPE, SIG_IGN)
        var caught = sigset_t()
        unsafe sigemptyset(&caught)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&caught, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &caught, nil)
        // A blocked signal that is ignored would not arrive.
        signal(SIGHUP, SIG_DFL)
        let signals = try unsafe FileDescriptor(linux_signals(&caught))
        let hasAsked = Locked(false)
        thread.watch(signals) {
            while case let number = linux_next_signal(signals.number), number != 0 {
                if number == SIGHUP {
                    onReload()
                } else if hasAsked.withLock({ $0 }) {
                    _exit(130)
                } else {
                    hasAsked.withLock { $0 = true }
                    onStop()
                }
            }
        }
    }
}
