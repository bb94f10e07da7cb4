internal import Glibc
internal import System

/// A terminal in full-screen mode, with single key presses. It is restored whatever happens.
@safe package final class Terminal {
    /// What can happen on a terminal.
    package enum Event: Equatable, Sendable {
        case key(Key)
        /// The size or the content has changed, so everything must be redrawn.
        case changed
        /// A signal asks the program to end.
        case ended(Int32)
    }

    /// A picture in the upper right corner, beside the lines.
    package struct Inset: Equatable, Sendable {
        package let size: TerminalSize
        /// Shows it at the cursor.
        let sequence: String
        /// Removes it.
        let removal: String

        package init(size: TerminalSize, sequence: String, removal: String) {
            (self.size, self.sequence, self.removal) = (size, sequence, removal)
        }
    }

    /// Alternate screen, no cursor, no line wrapping, pasted text marked as such.
    private static let arrival = "\u{1B}[?1049h" + settings
    private static let settings = "\u{1B}[?25l\u{1B}[?7l\u{1B}[?2004h\u{1B}[2J"
    private static let departure = "\u{1B}[0m\u{1B}[?2004l\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
    /// How long to wait for the rest of a key, in milliseconds.
    private static let keyPatience: Int32 = 50

    private let screen: Screen
    private let keyboard: FileDescriptor
    private let signals: SignalPipe
    private let modes: termios
    private var decoder = KeyDecoder()
    private var shown: [String] = []
    private var inset: Inset?
    private var isEntered = false
    package private(set) var size: TerminalSize

    /// Takes over the terminal. Nil if there is none that can show a full screen and read keys.
    package init?(_ screen: Screen, environment: [String: String]) throws(Failure) {
        let kind = environment["TERM"] ?? ""
        guard screen.isTerminal, !kind.isEmpty, kind != "dumb" else { return nil }
        // Standard input may be a list of ids.
        let isTyped = isatty(STDIN_FILENO) == 1
        guard
            let keyboard = isTyped
                ? FileDescriptor.standardInput : try? FileDescriptor(opening: "/dev/tty", flags: O_RDWR)
        else { return nil }
        var modes = termios()
        guard unsafe tcgetattr(keyboard.number, &modes) == 0 else { return nil }
        signals = try SignalPipe([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH])
        self.screen = screen
        self.keyboard = keyboard
        self.modes = modes
        size = TerminalSize.of(STDOUT_FILENO)
        try enter()
    }

    deinit { leave() }

    private func enter() throws(Failure) {
        isEntered = true
        TerminalRescue.begin(modes, of: keyboard.number, sequence: Self.departure)
        try prepare(Self.arrival)
    }

    /// Sets the modes, and has everything redrawn.
    private func prepare(_ sequence: String) throws(Failure) {
        var raw = modes
        raw.c_iflag &= ~tcflag_t(ICRNL | INLCR | IGNCR | IXON | ISTRIP)
        // Ctrl-C and Ctrl-Z still send signals.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        unsafe withUnsafeMutableBytes(of: &raw.c_cc) { keys in
            unsafe keys[Int(VMIN)] = 0
            unsafe keys[Int(VTIME)] = 0
        }
        guard unsafe tcsetattr(keyboard.number, TCSANOW, &raw) == 0 else { throw Self.gone }
        shown = []
        size = TerminalSize.of(STDOUT_FILENO)
        try screen.write(sequence)
        try screen.flush()
    }

    /// Restores the terminal.
    package func leave() {
        guard isEntered else { return }
        isEntered = false
        try? screen.write((inset?.removal ?? "") + Self.departure)
        try? screen.flush()
        var modes = modes
        unsafe _ = tcsetattr(keyboard.number, TCSADRAIN, &modes)
        TerminalRescue.end()
    }

    private static let gone = Failure(.inputOutput, "the terminal is gone")

    /// Shows the lines from the top. Only those that have changed are written, all in one write.
    package func draw(_ lines: [StyledText], inset: Inset? = nil) throws(Failure) {
        var frame = ""
        if inset != self.inset {
            frame = self.inset?.removal ?? ""
            (self.inset, shown) = (inset, [])
        }
        let isNew = shown.isEmpty
        for row in 0..<size.rows {
            let room = size.columns - (inset.map { row < $0.size.rows ? $0.size.columns : 0 } ?? 0)
            var line = row < lines.count ? lines[row].cut(to: room) : StyledText()
            // Clearing to the end of the line would erase the picture, once it is there.
            if room < size.columns { line = line.padded(to: room) }
            // In a full line the cursor is on the last letter, which clearing to the end would erase.
            let text = line.rendered(screen) + (line.width < room ? "\u{1B}[K" : "")
            if row < shown.count, shown[row] == text { continue }
            if row < shown.count { shown[row] = text } else { shown.append(text) }
            frame += "\u{1B}[\(row + 1);1H" + text + (isNew && room < size.columns ? "\u{1B}[K" : "")
        }
        if isNew, let inset {
            frame +=
                inset.removal + "\u{1B}[1;\(max(1, size.columns - inset.size.columns + 1))H" + inset.sequence
        }
        if frame.isEmpty { return }
        try screen.write(frame)
        do { try screen.flush() } catch { throw Self.gone }
    }

    /// Forgets what is shown, so that the next `draw` writes every line.
    package func forget() throws(Failure) { try prepare(Self.settings) }

    /// Waits for events, at most `timeout` milliseconds.
    package func wait(_ timeout: Int32) throws(Failure) -> [Event] {
        let limit = decoder.isWaiting ? min(timeout, Self.keyPatience) : timeout
        var files = [
            pollfd(fd: signals.file, events: Int16(POLLIN), revents: 0),
            pollfd(fd: keyboard.number, events: Int16(POLLIN), revents: 0),
        ]
        let count = unsafe poll(&files, nfds_t(files.count), limit)
        var events: [Event] = []
        if count == 0, decoder.isWaiting { return decoder.flush().map { .key($0) } }
        // A signal may interrupt the wait before its byte is in the pipe; the next wait sees it.
        guard count > 0 else { return [] }
        if files[0].revents != 0 { for number in signals.take() { events += try heed(number) } }
        if files[1].revents != 0 { events += try typed().map { .key($0) } }
        return events
    }

    private func heed(_ number: Int32) throws(Failure) -> [Event] {
        switch number {
        case SIGWINCH:
            size = TerminalSize.of(STDOUT_FILENO)
            shown = []
            return [.changed]
        case SIGTSTP:
            leave()
            signals.stop()
            try enter()
            return [.changed]
        case SIGCONT:
            // Another program may have used the terminal while this one was stopped.
            try prepare(Self.settings)
            return [.changed]
        default: return [.ended(number)]
        }
    }

    private func typed() throws(Failure) -> [Key] {
        do throws(SystemError) {
            let bytes = try keyboard.read(4096)
            if !bytes.isEmpty { return decoder.take(bytes) }
        } catch {
            if error.code == EAGAIN { return [] }
        }
        throw Self.gone
    }
}
