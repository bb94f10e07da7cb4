import Glibc
import Testing

/// A real program that was started, and what it has said so far.
final class ChildProcess: Sendable {
    let processID: pid_t
    private let output: String
    private let errors: String

    /// Starts `path`; standard input is `input`, and what it says goes to two files under `folder`.
    init(
        _ path: String, _ arguments: [String], environment: [String: String], input: Int32, folder: String
    ) throws {
        let name = "\(folder)/said-\(UInt64.random(in: 0 ... .max))"
        (output, errors) = (name + ".out", name + ".err")
        processID = try Spawning.start(path, arguments, environment: environment) {
            [output, errors] actions in
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
            posix_spawn_file_actions_addopen(
                &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT, 0o600)
            posix_spawn_file_actions_addopen(
                &actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT, 0o600)
        }
    }

    /// A test that failed leaves nothing running.
    deinit {
        guard waitpid(processID, nil, WNOHANG) == 0 else { return }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
    }

    func signal(_ number: Int32) { kill(processID, number) }

    var outputSoFar: String { ScratchFile.text(output) }
    var errorsSoFar: String { ScratchFile.text(errors) }

    /// Waits for its end. A program that was killed by a signal answers 128 and the signal.
    func finish() -> Answer {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let code = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        return Answer(code: code, output: outputSoFar, errors: errorsSoFar)
    }

    /// Looks again and again until `condition` holds; a minute is long enough for anything here.
    func waits(until condition: () throws -> Bool) throws {
        for _ in 0..<6000 {
            if try condition() { return }
            usleep(10_000)
        }
        Issue.record("waited in vain; it said: \(outputSoFar) \(errorsSoFar)")
    }
}

/// What a program said, and what it ended with.
struct Answer: CustomStringConvertible {
    let code: Int32
    let output: String
    let errors: String

    /// The lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    var description: String { "exit \(code)\nstdout: \(output)\nstderr: \(errors)" }
}

enum ScratchFile {
    static func bytes(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(file, &piece, piece.count), count > 0 { bytes += piece[..<count] }
        return bytes
    }

    static func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

    static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(file >= 0, "cannot write \(path)")
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
    }

    /// The permission bits of a file, and who owns it.
    static func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0, "\(path) is missing")
        return status
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
