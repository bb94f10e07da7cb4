internal import Glibc

/// How to restore the terminal when the program crashes.
nonisolated(unsafe) private var formerModes = UnsafeMutablePointer<termios>.allocate(capacity: 1)
nonisolated(unsafe) private var farewell = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
nonisolated(unsafe) private var farewellCount = 0
nonisolated(unsafe) private var rescued: Int32 = -1

/// Restores the terminal even if the program traps, by calls that are allowed in a signal handler.
enum TerminalRescue {
    private static let traps = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    static func begin(_ modes: termios, of file: Int32, sequence: String) {
        unsafe formerModes.pointee = modes
        for (index, byte) in sequence.utf8.prefix(64).enumerated() { unsafe farewell[index] = byte }
        unsafe farewellCount = min(64, sequence.utf8.count)
        unsafe rescued = file
        for number in traps {
            _ = signal(number) { number in
                unsafe _ = write(rescued, farewell, farewellCount)
                unsafe _ = tcsetattr(rescued, TCSANOW, formerModes)
                _ = signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    static func end() {
        for number in traps { _ = signal(number, SIG_DFL) }
    }
}
