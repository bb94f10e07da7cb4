internal import Glibc
internal import System

/// A terminal that is drawn on as a whole, and asked key by key. It is left as it was found, whatever
/// happens.
@safe package final class Terminal {
    /// What happens to a terminal.
    package enum Event: Equatable, Sendable {
        case key(Key)
        /// It has another size, or shows something else by now: all is to be drawn again.
        case changed
        /// A signal that asks the program to end.
        case ended(Int32)
    }

    /// The alternate screen, no cursor, no wrapping of long lines, pasted text marked as such.
    private static let arrival = "\u{1B}[?1049h" + settings
    private static let settings = "\u{1B}[?25l\u{1B}[?7l\u{1B}[?2004h\u{1B}[2J"
    private static let departure = "\u{1B}[0m\u{1B}[?2004l\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
    /// How long the rest of a key may take to come.
    private static let keyPatience: Int32 = 50

    private let screen: Screen
    private let keyboard: FileDescriptor
    private let output = STDOUT_FILENO
    private let signals: SignalPipe
    private let modes: termios
    private var decoder = KeyDecoder()
    private var shown: [String] = []
    private var isEntered = false
    package private(set) var size: TerminalSize

    /// Takes the terminal over; nil where there is none that can be drawn on and asked.
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
        size = TerminalSize.of(output)
        try enter()
    }

    deinit { leave() }

    private func enter() throws(Failure) {
        // Nothing has to be given back that nothing was taken from.
        isEntered = true
        TerminalRescue.begin(modes, of: keyboard.number, sequence: Self.departure)
        try settle(Self.arrival)
    }

    private func settle(_ sequence: String) throws(Failure) {
        try setRaw()
        shown = []
        size = TerminalSize.of(output)
        try screen.write(sequence)
        try screen.flush()
    }

    private func setRaw() throws(Failure) {
        var raw = modes
        raw.c_iflag &= ~tcflag_t(ICRNL | INLCR | IGNCR | IXON | ISTRIP)
        // Ctrl-C and Ctrl-Z stay signals.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        unsafe withUnsafeMutableBytes(of: &raw.c_cc) { keys in
            unsafe keys[Int(VMIN)] = 0
            unsafe keys[Int(VTIME)] = 0
        }
        guard unsafe tcsetattr(keyboard.number, TCSANOW, &raw) == 0 else { throw Self.gone }
    }

    /// Gives the terminal back as it was.
    package func leave() {
        guard isEntered else { return }
        isEntered = false
        try? screen.write(Self.departure)
        try? screen.flush()
        var modes = modes
        unsafe _ = tcsetattr(keyboard.number, TCSADRAIN, &modes)
        TerminalRescue.end()
    }

    private static let gone = Failure(.inputOutput, "the terminal is gone")

    /// Shows these lines from the top on, in one write, and of them only what is new. None may be wider than
    /// the terminal.
    package func draw(_ lines: [StyledText]) throws(Failure) {
        var frame = ""
        for row in 0..<size.rows {
            let line = row < lines.count ? lines[row].cut(to: size.columns) : StyledText()
            // In a full line the cursor stands on the last letter, which clearing to the end would take away.
            let text = line.rendered(screen) + (line.width < size.columns ? "\u{1B}[K" : "")
            if row < shown.count, shown[row] == text { continue }
            if row < shown.count { shown[row] = text } else { shown.append(text) }
            frame += "\u{1B}[\(row + 1);1H" + text
        }
        if frame.isEmpty { return }
        try screen.write(frame)
        do { try screen.flush() } catch { throw Self.gone }
    }

    /// Whatever stands there is drawn over by the next picture.
    package func forget() throws(Failure) { try settle(Self.settings) }

    /// What happened, at the latest after `timeout` milliseconds.
    package func wait(_ timeout: Int32) throws(Failure) -> [Event] {
        let limit = decoder.isWaiting ? min(timeout, Self.keyPatience) : timeout
        var files = [
            pollfd(fd: signals.file, events: Int16(POLLIN), revents: 0),
            pollfd(fd: keyboard.number, events: Int16(POLLIN), revents: 0),
        ]
        let count = unsafe poll(&files, nfds_t(files.count), limit)
        var events: [Event] = []
        if count == 0, decoder.isWaiting { return decoder.flush().map { .key($0) } }
        // A signal may cut the wait short before its byte is in the pipe: the next wait sees it.
        guard count > 0 else { return [] }
        if files[0].revents != 0 { for number in signals.take() { events += try heed(number) } }
        if files[1].revents != 0 { events += try typed().map { .key($0) } }
        return events
    }

    private func heed(_ number: Int32) throws(Failure) -> [Event] {
        switch number {
        case SIGWINCH:
            size = TerminalSize.of(output)
            shown = []
            return [.changed]
        case SIGTSTP:
            leave()
            signals.undergo(SIGTSTP)
            try enter()
            return [.changed]
        case SIGCONT:
            // Whoever stopped it without asking may have used the terminal meanwhile.
            try settle(Self.settings)
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
