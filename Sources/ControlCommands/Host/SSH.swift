internal import CommandLineTool
internal import Glibc
internal import System

/// The ssh program, and one connection to a host that all calls of the next minute share.
struct SSH {
    /// The program, with options if need be; else `ssh`.
    static let variable = "JOBCTL_SSH"

    let address: HostAddress
    private let program: [String]
    /// The socket of the shared connection; nil if there is no place for one.
    private let socket: String?

    init(_ address: HostAddress, environment: [String: String]) {
        self.address = address
        let words = (environment[Self.variable] ?? "").split(separator: " ").map(String.init)
        program = words.isEmpty ? ["ssh"] : words
        let name = SHA256.hexadecimal(of: Array((program + address.words).joined(separator: " ").utf8))
        socket = Self.folder(environment).map { "\($0)/\(name.prefix(16))" }
    }

    /// A directory that nobody else can use. ssh appends 17 characters to a socket's name, and a socket's
    /// path has at most 107.
    private static func folder(_ environment: [String: String]) -> String? {
        let places = [
            environment["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 + "/jobctl" : nil },
            "/tmp/jobctl-\(geteuid())",
        ]
        return places.compactMap(\.self).first { path in
            unsafe mkdir(path, 0o700)
            guard path.utf8.count + 1 + 16 + 17 <= 107, let status = try? FileStatus(path, isLinkItself: true)
            else { return false }
            return status.isDirectory && status.owner.user == geteuid() && status.mode & 0o077 == 0
        }
    }

    // MARK: - The connection

    /// Makes the connection, unless it is there. Whatever ssh has to say about it is said here.
    func connect() throws(Failure) {
        guard let socket else { return }
        if unsafe access(socket, F_OK) == 0 {
            if try run(["-O", "check"]).ending == .code(0) { return }
            unsafe unlink(socket)
        }
        let (ending, errors) = try run(["-N", "-f"])
        if ending != .code(0) { throw failure("cannot connect to \(address.name)", errors) }
    }

    /// Questions, such as for a password, are asked on the terminal, not on the standard streams.
    private func run(_ words: [String]) throws(Failure) -> (ending: ChildProcess.Ending, errors: String) {
        do throws(SystemError) {
            // A file: a pipe would stay open for as long as the connection.
            let errors = try FileDescriptor.inMemory([])
            let nothing = try FileDescriptor(opening: "/dev/null", flags: O_RDWR)
            let child = try start(options + words + address.words, nothing, nothing, errors)
            let ending = child.wait()
            return (ending, String(decoding: (try? errors.read(1 << 14, at: 0)) ?? [], as: UTF8.self))
        } catch { throw missing(error) }
    }

    private var options: [String] {
        let shared =
            socket.map {
                ["-S", $0.replacing("%", with: "%%"), "-o", "ControlMaster=auto", "-o", "ControlPersist=60"]
            }
            ?? []
        // What a person has configured for sessions of their own is not meant.
        let plain = [
            "LogLevel=ERROR", "ServerAliveInterval=30", "RemoteCommand=none", "ClearAllForwardings=yes",
        ]
        return plain.flatMap { ["-o", $0] } + ["-e", "none"] + shared
    }

    private func start(
        _ words: [String], _ input: FileDescriptor?, _ output: FileDescriptor?, _ errors: FileDescriptor?,
        isGroup: Bool = false
    ) throws(SystemError) -> ChildProcess {
        try ChildProcess(
            program + words, input: input, output: output, errors: errors, isGroup: isGroup,
            resetting: [SIGPIPE, SIGINT])
    }

    // MARK: - Calls

    /// Starts jobctl over there. A stream that is nil is ours.
    ///
    /// - Parameter isGroup: whether Ctrl-C does not reach ssh.
    func start(
        _ words: [String], hasTerminal: Bool = false, input: FileDescriptor? = nil,
        output: FileDescriptor? = nil, isGroup: Bool = false
    ) throws(Failure) -> ChildProcess {
        // Whatever the login shell is, sh runs jobctl, and looks also where people install programs. In these
        // quotes there is nothing that any shell would change.
        let script =
            "PATH=$PATH:$HOME/.local/bin:/usr/local/bin; command -v jobctl >/dev/null || exit 127; "
            + "exec jobctl \"$@\""
        let command = "exec /bin/sh -c '\(script)' jobctl " + words.joined(separator: " ")
        do throws(SystemError) {
            return try start(
                options + [hasTerminal ? "-t" : "-T"] + address.words + [command], input, output, nil,
                isGroup: isGroup)
        } catch { throw missing(error) }
    }

    /// The same, with pipes to its standard input and output.
    func open(_ words: [String]) throws(Failure) -> (
        child: ChildProcess, sink: FileDescriptor, output: FileDescriptor
    ) {
        let input: (output: FileDescriptor, input: FileDescriptor)
        let output: (output: FileDescriptor, input: FileDescriptor)
        do throws(SystemError) {
            (input, output) = (try FileDescriptor.pipe(), try FileDescriptor.pipe())
        } catch { throw missing(error) }
        return (try start(words, input: input.output, output: output.input), input.input, output.output)
    }

    /// The same, with a pipe to its standard input, and beyond the reach of Ctrl-C.
    func startInterruptible(_ words: [String]) throws(Failure) -> (ChildProcess, FileDescriptor) {
        let input: (output: FileDescriptor, input: FileDescriptor)
        do throws(SystemError) { input = try FileDescriptor.pipe() } catch { throw missing(error) }
        return (try start(words, input: input.output, isGroup: true), input.input)
    }

    /// The exit code of jobctl over there. Throws if it did not run.
    func code(of ending: ChildProcess.Ending) throws(Failure) -> ExitCode {
        switch ending {
        case .code(255), .signal:
            // ssh has said why, on standard error.
            throw failure(
                socket == nil
                    ? "cannot run jobctl on \(address.name)" : "lost the connection to \(address.name)", "")
        case .code(126), .code(127):
            throw Failure(
                .unavailable, "jobctl was not found on \(address.name)",
                hint: "install it there, in the PATH of logins without a terminal: "
                    + "ssh \(address.words.filter { $0 != "--" }.joined(separator: " ")) 'echo $PATH'")
        case .code(let code): return ExitCode(rawValue: code) ?? .bug
        }
    }

    /// Something else than jobctl, or another one, has answered.
    var unreadable: Failure {
        Failure(
            .unavailable, "the answer of \(address.name) cannot be read",
            hint: "are both jobctls of the same version, and prints the login shell over there nothing?")
    }

    private func failure(_ what: String, _ errors: String) -> Failure {
        let lines = errors.split(whereSeparator: \.isNewline).filter {
            !$0.allSatisfy { "@ \r".contains($0) }
        }
        let words = lines.map { String($0.filter { $0 != "\r" }) }.joined(separator: "; ")
        return Failure(
            .unavailable, SafeText.escape("\(program[0]) \(what)" + (words.isEmpty ? "" : ": \(words)")),
            hint: "try it by hand: ssh \(address.words.filter { $0 != "--" }.joined(separator: " "))")
    }

    private func missing(_ error: SystemError) -> Failure {
        Failure(
            .unavailable, SafeText.escape("cannot run \(program[0]): \(error)"),
            hint: error.isMissing ? "install openssh-client, or name the program in $JOBCTL_SSH" : nil)
    }
}
