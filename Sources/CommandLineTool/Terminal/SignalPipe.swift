internal import Glibc
internal import System

/// The end that handlers write to. One of these pipes is open at a time.
nonisolated(unsafe) private var noticeEnd: Int32 = -1

/// Signals as bytes in a pipe, so that a loop hears of them where it waits. After its end they do again what
/// they did before.
@safe package final class SignalPipe {
    /// Where a `poll` sees that one has come.
    package var file: Int32 { output.number }
    private let output: FileDescriptor
    private let input: FileDescriptor
    private var former: [(number: Int32, handler: sighandler_t?)] = []

    package init(_ numbers: [Int32]) throws(Failure) {
        do throws(SystemError) { (output, input) = try FileDescriptor.pipe(flags: O_NONBLOCK) } catch {
            throw Failure(.inputOutput, "cannot make a pipe: \(error)")
        }
        unsafe noticeEnd = input.number
        for number in numbers {
            let handler = signal(number) { number in
                let code = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = unsafe write(noticeEnd, &byte, 1)
                errno = code
            }
            former.append((number, handler))
        }
    }

    deinit {
        for (number, handler) in former { _ = signal(number, handler) }
        unsafe noticeEnd = -1
    }

    /// Those that have come since the last call.
    package func take() -> [Int32] {
        ((try? output.read(64)) ?? []).map(Int32.init)
    }

    /// Lets `number` do to this process what it does by itself: of a stop, this returns when the process goes
    /// on.
    package func undergo(_ number: Int32) {
        let heard = signal(number, SIG_DFL)
        raise(number)
        _ = signal(number, heard)
    }

    /// Ends this process by `number`, so that its parent sees what it died of.
    package static func die(of number: Int32) {
        _ = signal(number, SIG_DFL)
        raise(number)
    }
}
