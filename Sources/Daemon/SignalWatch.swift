internal import Dispatch
internal import Glibc
internal import HTTP
internal import System

/// Turns signals into calls. A second signal to end the program ends it at once.
final class SignalWatch {
    private let queue = DispatchQueue(label: "jobd.signals")
    private var sources: [any DispatchSourceSignal] = []

    init(onStop: @escaping @Sendable () -> Void, onReload: @escaping @Sendable () -> Void) {
        let hasAsked = Locked(false)
        for number in [SIGTERM, SIGINT] {
            watch(number) {
                let isSecond = hasAsked.withLock { asked in
                    defer { asked = true }
                    return asked
                }
                if isSecond { _exit(130) }
                onStop()
            }
        }
        watch(SIGHUP, onReload)
        // A log without a reader is no reason to end.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Returns when the signal is caught; an earlier one ends a program that has not started.
    private func watch(_ number: Int32, _ handler: @escaping @Sendable () -> Void) {
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        let isCaught = DispatchSemaphore(value: 0)
        // From then on, the runtime's handler replaces the signal's default effect.
        source.setRegistrationHandler { isCaught.signal() }
        source.setEventHandler(handler: handler)
        source.resume()
        isCaught.wait()
        sources.append(source)
    }
}
