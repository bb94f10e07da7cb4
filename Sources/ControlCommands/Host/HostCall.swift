internal import CommandLineTool
internal import Glibc
internal import JSON
internal import System

/// Runs a verb with the jobctl of another machine, so that it looks like a local call.
struct HostCall {
    let session: Session
    let ssh: SSH
    private let verb: any ControlVerb.Type

    /// Of these, nothing is on another machine.
    private static let local = ["help", "completion"]
    private static let passedVariables =
        [
            "NO_COLOR", "COLUMNS", "TERM", "LC_ALL", "LC_CTYPE", "LANG", "JOBCTL_PAGER", "PAGER", "LESS",
            "VISUAL",
            "EDITOR",
        ] + PictureProtocol.variables
    /// What has to be known of the environment.
    static let variables =
        passedVariables + [
            HostAddress.variable, SSH.variable, Screen.terminalsVariable, FileFetch.streamVariable, "TZ",
            "XDG_RUNTIME_DIR",
        ]
    /// A login shell takes no longer line.
    private static let longestCommand = 100_000

    /// Nil if the verb runs here.
    init?(_ verb: any ControlVerb.Type, _ session: Session) throws(Failure) {
        let name = session.arguments.value(.host) ?? session.environment[HostAddress.variable] ?? ""
        if name.isEmpty || Self.local.contains(verb.command.name) || session.arguments.has(.help) {
            return nil
        }
        (self.verb, self.session) = (verb, session)
        ssh = SSH(try HostAddress(name), environment: session.environment)
    }

    func run() throws -> ExitCode {
        // A write to a connection that is lost fails, and ends nothing.
        signal(SIGPIPE, SIG_IGN)
        switch verb.command.name {
        case "open":
            throw Failure(
                .no, "open starts a program on the machine that has the files, where nobody would see it",
                hint: "bring them here: jobctl files ID --fetch DIR")
        case "files" where session.arguments.has(.fetchTo): return try FileFetch(session).run(self)
        case "gallery": return try HostGallery(session).run(self)
        default: break
        }
        let named = try NamedFiles(
            verb.command.name, session.arguments, temporaryFolder: session.temporaryFolder)
        try ssh.connect()
        let (command, files) = try prepare(words(session.arguments.operands), named)
        return try ssh.code(of: converse(command, files, named))
    }

    // MARK: - The command

    /// The words over there.
    func words(_ operands: [String]) -> [String] {
        let options = verb.command.options + ControlProgram.commonOptions
        let words = session.arguments.words(of: options, without: [.host, .fetchTo])
        let name = verb.command.name
        return (name.isEmpty ? [] : [name]) + words + (operands.isEmpty ? [] : ["--"] + operands)
    }

    /// Sends the files, and returns the encoded words, and what the environment must say about the files.
    func prepare(_ words: [String], _ named: NamedFiles?) throws -> (command: [String], variables: [String]) {
        let encoded = words.map(HostWords.encode)
        let isLong = encoded.reduce(0) { $0 + $1.utf8.count + 1 } > Self.longestCommand
        var paths = named?.paths ?? []
        var text: FileDescriptor?
        if isLong {
            text = try? FileDescriptor.inMemory(Array(encoded.joined(separator: "\n").utf8))
            guard let text else { throw Failure(.inputOutput, "no memory for the command") }
            paths.append((ForwardedCall.fileOfWords, "/proc/self/fd/\(text.number)"))
        }
        defer { withExtendedLifetime(text) {} }
        // Without any, the directory is one that does not exist: no file over there is meant.
        let folder = paths.isEmpty ? "/proc/self/none" : try send(paths)
        return (isLong ? [ForwardedCall.sentWords] : encoded, ["\(SentFiles.variable)=\(folder)"])
    }

    private func send(_ paths: [(name: String, file: String)]) throws -> String {
        let (child, output) = try write(paths)
        let answer = String(decoding: try output.readToEnd(limit: 1 << 16), as: UTF8.self)
        let code = try ssh.code(of: child.wait())
        guard code == .success, answer.hasPrefix("/") else {
            throw Failure(code == .success ? .bug : code, "the files were not sent to \(ssh.address.name)")
        }
        return String(answer.dropLast())
    }

    /// The stream of files ends when this returns.
    private func write(_ paths: [(name: String, file: String)]) throws -> (ChildProcess, FileDescriptor) {
        let (child, sink, output) = try ssh.open([ReceiveFiles.name])
        for (index, path) in paths.enumerated() {
            let (file, size) = try Self.open(path.file, named: path.name)
            if paths.count > 1 || size > 1 << 20 {
                session.screen.show(progress: "sending file \(index + 1) of \(paths.count)")
            }
            let entry: JSONObject = ["name": .string(SentFiles.name(of: path.name))]
            // If the other side has ended, it says why.
            do {
                guard try FileStream.write(entry, file, bytes: size, to: sink) else {
                    let name = SafeText.escape(path.name)
                    throw Failure(.cannotRead, "cannot read \(name): it changed while it was read")
                }
            } catch is SystemError { break }
        }
        try? FileStream.end(to: sink)
        session.screen.show(progress: "")
        return (child, output)
    }

    private static func open(_ path: String, named name: String) throws(Failure) -> (FileDescriptor, Int64) {
        do throws(SystemError) {
            let file = try FileDescriptor(opening: path)
            return (file, try file.status().size)
        } catch { throw Failure(.cannotRead, "cannot read \(SafeText.escape(name)): \(error)") }
    }

    /// The whole command line for jobctl over there.
    func command(_ words: [String], _ variables: [String]) -> [String] {
        var passed = session.environment.filter { Self.passedVariables.contains($0.key) }
        passed["TZ"] = Self.timeZone(session.environment)
        let all = passed.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + variables
        return [ForwardedCall.name] + all.map(HostWords.encode) + ["--"] + words
    }

    /// Times are shown and read as they are here.
    private static func timeZone(_ environment: [String: String]) -> String? {
        if let zone = environment["TZ"] { return zone }
        let link = Directory.target(ofLink: "/etc/localtime") ?? ""
        return link.firstRange(of: "zoneinfo/").map { String(link[$0.upperBound...]) }
    }

    // MARK: - The streams

    private func converse(
        _ words: [String], _ variables: [String], _ named: NamedFiles
    ) throws -> ChildProcess.Ending {
        let isTerminal = (isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1)
        if isTerminal == (true, true, true) {
            return try ssh.start(command(words, variables), hasTerminal: true).wait()
        }
        let asks = isTerminal.0 && isTerminal.2 && verb.command.options.contains(.yes)
        let terminals = [
            asks ? "input" : nil, isTerminal.1 ? "output" : nil, isTerminal.2 ? "errors" : nil,
        ].compactMap(\.self).joined(separator: ",")
        var variables = variables + ["\(Screen.terminalsVariable)=\(terminals)"]
        if session.environment["COLUMNS"] == nil { variables.append("COLUMNS=\(session.screen.width)") }
        if named.readsInput || asks {
            return try ssh.start(command(words, variables), input: named.input).wait()
        }
        variables.append("\(ForwardedCall.interruptVariable)=1")
        return try passInterrupts(command(words, variables))
    }

    /// Ctrl-C closes the standard input of jobctl over there, which interrupts it: it still says what it has
    /// to say. A second one ends the connection.
    private func passInterrupts(_ command: [String]) throws -> ChildProcess.Ending {
        let signals = try SignalPipe([SIGINT, SIGTERM, SIGHUP, SIGCHLD])
        let child: ChildProcess
        // There is no other reference to it: it is closed when this one is gone.
        var line: FileDescriptor?
        (child, line) = try ssh.startInterruptible(command)
        while true {
            if let ending = child.takeEnding() { return ending }
            var file = pollfd(fd: signals.file, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&file, 1, -1)
            for number in signals.take() where number != SIGCHLD {
                if number == SIGINT, line != nil {
                    line = nil
                } else {
                    child.killGroup()
                    SignalPipe.die(of: number)
                }
            }
        }
    }
}
