import Glibc
import Scratch
import Testing

/// A program on its own terminal; the test is the person at it.
final class PseudoTerminal {
    private let person: Int32
    /// The program's end, which stays open so that its settings can be read after the program has gone.
    private let line: Int32
    let program: Program
    var pid: pid_t { program.pid }
    private(set) var screen: TerminalModel
    /// All that the program has written.
    private(set) var bytes: [UInt8] = []
    private let before: [UInt8]
    private var hasVanished = false

    init(
        _ stage: Stage, program path: String = "jobctl", _ arguments: [String],
        environment changes: [String: String] = [:], columns: Int = 80, rows: Int = 24
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
        program = try Program(
            path, arguments, environment: stage.environment.merging(changes) { $1 },
            terminal: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    deinit {
        program.end()
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

    func type(_ keys: String, shows words: String, file: StaticString = #fileID, line: UInt = #line) throws {
        type(keys)
        try shows(words, file: file, line: line)
    }

    func resize(columns: Int, rows: Int) {
        listen()
        screen.resize(columns: columns, rows: rows)
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(person, UInt(TIOCSWINSZ), &size) == 0)
    }

    /// Looks again and again until `condition` holds of the screen.
    func waits(
        until condition: (TerminalModel) throws -> Bool, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try eventually("the screen:\n\(screen.text)", file: file, line: line) {
            listen()
            return try condition(screen)
        }
    }

    func shows(_ words: String, file: StaticString = #fileID, line: UInt = #line) throws {
        try waits(until: { $0.text.contains(words) }, file: file, line: line)
    }

    /// Waits for its end. A program that writes must not wait for somebody to read.
    func finish(typing keys: String = "") throws -> Int32 {
        if keys != "" { type(keys) }
        try waits { _ in program.hasEnded }
        listen()
        return try program.exitCode()
    }

    /// The terminal vanishes, as when its window is closed.
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

extension Stage {
    /// Runs `jobctl` with these words of a shell on a terminal, to its end.
    func onTerminal(
        _ words: String, columns: Int = 80, typing keys: String = "", environment: [String: String] = [:]
    ) throws -> (code: Int32, output: String) {
        let terminal = try PseudoTerminal(
            self, program: "/bin/sh", ["-c", "exec \(Program.jobctl) \(words)"], environment: environment,
            columns: columns)
        return (try terminal.finish(typing: keys), terminal.text)
    }
}
