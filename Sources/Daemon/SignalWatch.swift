internal import Dispatch
internal import Glibc
internal import HTTP
internal import Locked

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

    private func watch(_ number: Int32, _ handler: @escaping @Sendable () -> Void) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler(handler: handler)
        source.resume()
        sources.append(source)
    }
}
