internal import Glibc

/// The end that handlers write to. One of these pipes is open at a time.
nonisolated(unsafe) private var noticeEnd: Int32 = -1

/// Signals as bytes in a pipe, so that a loop hears of them where it waits. After its end they do again what
/// they did before.
@safe package final class SignalPipe {
    /// Where a `poll` sees that one has come.
    package let file: Int32
    private let end: Int32
    private var former: [(number: Int32, handler: sighandler_t?)] = []

    package init(_ numbers: [Int32]) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw Failure(.inputOutput, "cannot make a pipe: \(unsafe String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (file, end) = (ends[0], ends[1])
        unsafe noticeEnd = end
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
        close(file)
        close(end)
    }

    /// Those that have come since the last call.
    package func take() -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(file, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).map(Int32.init)
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
