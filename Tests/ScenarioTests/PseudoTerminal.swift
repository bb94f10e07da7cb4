import Glibc
import Testing

/// A program on a terminal of its own, of which the test is the person before it.
final class PseudoTerminal {
    private let person: Int32
    /// The program's end, which stays open so that its settings can be read after the program has gone.
    private let line: Int32
    let processID: pid_t
    private(set) var screen: TerminalModel
    /// All that the program has written.
    private(set) var bytes: [UInt8] = []
    private let before: [UInt8]
    private var hasVanished = false
    private var hasEnded = false

    init(
        _ path: String, _ arguments: [String], environment: [String: String], columns: Int = 80,
        rows: Int = 24
    ) throws {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        var (person, line): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 256)
        try #require(openpty(&person, &line, &name, nil, &size) == 0)
        for file in [person, line] { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(person, F_SETFL, O_NONBLOCK)
        (self.person, self.line) = (person, line)
        screen = TerminalModel(columns: columns, rows: rows)
        before = Self.settings(line)
        processID = try Spawning.start(path, arguments, environment: environment, leadsSession: true) {
            actions in
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        }
    }

    deinit {
        if !hasEnded {
            kill(processID, SIGKILL)
            waitpid(processID, nil, 0)
        }
        vanish()
    }

    /// Takes in what the program has written by now.
    private func listen() {
        if hasVanished { return }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(person, &piece, piece.count), count > 0 {
            bytes += piece[..<count]
            screen.take(piece[..<count])
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        #expect(write(person, bytes, bytes.count) == bytes.count)
    }

    func resize(columns: Int, rows: Int) {
        listen()
        screen.resize(columns: columns, rows: rows)
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(person, UInt(TIOCSWINSZ), &size) == 0)
    }

    /// Looks again and again until `condition` holds of the screen.
    func waits(until condition: (TerminalModel) throws -> Bool, at place: SourceLocation = #_sourceLocation)
        throws
    {
        for _ in 0..<6000 {
            listen()
            if try condition(screen) { return }
            usleep(10_000)
        }
        Issue.record("waited in vain; the screen:\n\(screen.text)", sourceLocation: place)
    }

    func shows(_ words: String, at place: SourceLocation = #_sourceLocation) throws {
        try waits(until: { $0.text.contains(words) }, at: place)
    }

    /// Waits for its end. A program that was killed by a signal answers 128 and the signal.
    func finish() -> Int32 {
        var status: Int32 = 0
        // A program that writes must not wait for somebody to read.
        while waitpid(processID, &status, WNOHANG) == 0 {
            listen()
            usleep(10_000)
        }
        hasEnded = true
        listen()
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// The person goes away, and takes the terminal along.
    func vanish() {
        if hasVanished { return }
        hasVanished = true
        close(line)
        close(person)
    }

    /// Whether the terminal is as it was before the program came.
    var isAsBefore: Bool {
        listen()
        return screen.isOrdinary && Self.settings(line) == before
    }

    private static func settings(_ file: Int32) -> [UInt8] {
        var settings = termios()
        tcgetattr(file, &settings)
        return withUnsafeBytes(of: settings) { Array($0) }
    }
}
