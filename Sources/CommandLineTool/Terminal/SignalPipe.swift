internal import Glibc
internal import System

/// The end that handlers write to. Only one of these pipes is open at a time.
nonisolated(unsafe) private var inputOfHandlers: Int32 = -1

/// Turns signals into bytes in a pipe, so that a loop can wait for them. The former handlers are restored at
/// the end.
@safe package final class SignalPipe {
    /// What to `poll` for signals.
    package var file: Int32 { output.number }
    private let output: FileDescriptor
    private let input: FileDescriptor
    private var former: [(number: Int32, handler: sighandler_t?)] = []

    package init(_ numbers: [Int32]) throws(Failure) {
        do throws(SystemError) { (output, input) = try FileDescriptor.pipe(flags: O_NONBLOCK) } catch {
            throw Failure(.inputOutput, "cannot make a pipe: \(error)")
        }
        unsafe inputOfHandlers = input.number
        for number in numbers {
            let handler = signal(number) { number in
                let code = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = unsafe write(inputOfHandlers, &byte, 1)
                errno = code
            }
            former.append((number, handler))
        }
    }

    deinit {
        for (number, handler) in former { _ = signal(number, handler) }
        unsafe inputOfHandlers = -1
    }

    /// The signals that have arrived since the last call.
    package func take() -> [Int32] {
        ((try? output.read(64)) ?? []).map(Int32.init)
    }

    /// Stops this process, as Ctrl-Z does. Returns when it is continued.
    package func stop() {
        let handler = signal(SIGTSTP, SIG_DFL)
        raise(SIGTSTP)
        _ = signal(SIGTSTP, handler)
    }

    /// Ends this process by a signal, so that its parent sees which one it was.
    package static func die(of number: Int32) {
        _ = signal(number, SIG_DFL)
        raise(number)
    }
}
