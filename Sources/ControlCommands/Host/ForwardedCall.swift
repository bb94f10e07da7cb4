internal import CommandLineTool
internal import Dispatch
internal import Glibc
internal import System

/// A command that came from another machine: `jobctl from-host .NAME=VALUE … -- .WORD …`. It is hidden: only
/// `HostCall` writes it.
struct ForwardedCall {
    static let name = "from-host"
    /// In place of the words: they are in one of the sent files, because they are too long for a shell.
    static let sentWords = "-@"
    static let fileOfWords = "words"
    /// Set if the end of standard input means Ctrl-C.
    static let interruptVariable = "JOBCTL_INTERRUPT"

    private let variables: [String]
    private let encoded: [String]

    /// Nil for a command that was typed here.
    init?(_ words: [String]) {
        guard words.first == Self.name, let end = words.firstIndex(of: "--") else { return nil }
        variables = words[1..<end].compactMap { HostWords.decode($0) }
        encoded = Array(words[(end + 1)...])
    }

    /// Prepares this process as if the command had been typed in the other one's environment. Returns the
    /// words that were typed there.
    func begin() throws(Failure) -> [String] {
        for variable in variables {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { unsafe setenv(String(parts[0]), String(parts[1]), 1) }
        }
        // A command is not passed on once more.
        unsafe unsetenv(HostAddress.variable)
        SentFiles.takeOver()
        watchForInterrupt()
        watchForHangup()
        let words: [String?]
        if encoded == [Self.sentWords] {
            let text = String(decoding: (try? InputReader(Self.fileOfWords).all()) ?? [], as: UTF8.self)
            words = text.split(separator: "\n").map { HostWords.decode($0) }
        } else {
            words = encoded.map { HostWords.decode($0) }
        }
        guard !words.contains(nil) else { throw .usage("the forwarded command cannot be read") }
        return words.compactMap(\.self)
    }

    /// The other side closes standard input when it receives Ctrl-C.
    private func watchForInterrupt() {
        guard unsafe getenv(Self.interruptVariable) != nil,
            let line = try? FileDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10)),
            let nothing = try? FileDescriptor(opening: "/dev/null")
        else { return }
        dup2(nothing.number, STDIN_FILENO)
        DispatchQueue.global().async {
            while let piece = try? line.read(16), !piece.isEmpty {}
            kill(getpid(), SIGINT)
        }
    }

    /// Without a terminal, nothing else says that nobody is there any more.
    private func watchForHangup() {
        if isatty(STDOUT_FILENO) == 1 { return }
        DispatchQueue.global().async {
            var stream = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while unsafe poll(&stream, 1, -1) < 0, errno == EINTR {}
            kill(getpid(), SIGINT)
            sleep(5)
            _exit(ExitCode.interrupted.rawValue)
        }
    }
}
