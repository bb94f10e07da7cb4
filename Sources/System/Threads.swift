internal import CLinux
internal import Glibc

/// Threads of our own. Dispatch would lend some, but once used, its pools wake up every second for as long as
/// the program runs.
package enum Threads {
    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that nobody waits for. It gets no signals: those belong to the main thread.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var (all, before) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let start = unsafe Unmanaged.passRetained(Start(body))
        let failure = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        if failure != 0 {
            unsafe start.release()
            throw SystemError(failure)
        }
        pthread_detach(thread)
    }
}
