internal import Dispatch
internal import Glibc
internal import HTTP
internal import System

/// Turns signals into calls. A second one of those that end the program ends it at once.
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
        // A reader of the log that went away is no reason to end.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Returns when signals are heard: one that came earlier ends a program that has not begun, and none is
    /// lost.
    private func watch(_ number: Int32, _ handler: @escaping @Sendable () -> Void) {
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        let isHeard = DispatchSemaphore(value: 0)
        // From here on the runtime has a handler of its own in the place of the signal's effect.
        source.setRegistrationHandler { isHeard.signal() }
        source.setEventHandler(handler: handler)
        source.resume()
        isHeard.wait()
        sources.append(source)
    }
}
