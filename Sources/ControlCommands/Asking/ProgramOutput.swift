internal import Glibc
internal import JobModel
internal import System

/// What another program wrote to its standard output.
enum ProgramOutput {
    /// Runs a program to its end, with `input` as its standard input. Nil if it cannot be started. It shares
    /// our standard error.
    static func of(_ words: [String], input: String = "") -> (ending: ChildProcess.Ending, output: String)? {
        guard let source = try? FileDescriptor.inMemory(Array(input.utf8)),
            let (process, output) = start(words, source)
        else { return nil }
        var bytes: [UInt8] = []
        while let piece = try? output.read(1 << 16), !piece.isEmpty { bytes += piece }
        return (process.wait(), String(decoding: bytes, as: UTF8.self))
    }

    /// The output of a program that gets only `file`, as its standard input, and no environment. Nil if it
    /// fails, or takes longer than `patience`.
    static func bytes(of words: [String], from file: FileDescriptor, within patience: Duration) -> [UInt8]? {
        guard let nothing = try? FileDescriptor(opening: "/dev/null", flags: O_WRONLY),
            let (process, output) = start(words, file, environment: [], errors: nothing, isGroup: true)
        else { return nil }
        let end = ContinuousClock.now + patience
        var bytes: [UInt8] = []
        while true {
            var source = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
            let left = max(.zero, end - .now).wholeMilliseconds
            let isReady = unsafe poll(&source, 1, Int32(left)) > 0
            guard isReady, let piece = try? output.read(1 << 16) else {
                process.killGroup()
                _ = process.wait()
                return nil
            }
            if piece.isEmpty { return process.wait() == .code(0) ? bytes : nil }
            bytes += piece
        }
    }

    /// Our copy of the pipe's writing end is closed when this returns. Until then the output would not end.
    private static func start(
        _ words: [String], _ input: FileDescriptor, environment: [String]? = nil,
        errors: FileDescriptor? = nil, isGroup: Bool = false
    ) -> (ChildProcess, FileDescriptor)? {
        guard let pipe = try? FileDescriptor.pipe(),
            let process = try? ChildProcess(
                words, environment: environment, input: input, output: pipe.input, errors: errors,
                isGroup: isGroup)
        else { return nil }
        return (process, pipe.output)
    }

    /// A program that is installed beside this one; else the one of that name in the shell's path.
    static func sibling(_ name: String) -> String {
        // Debian keeps daemons in sbin and commands in bin.
        executable([folder + name, folder + "../sbin/" + name]) ?? name
    }

    /// A program that only jobctl starts, and that is in nobody's path: beside this one, as it is built, or
    /// where `make install` puts it. Nil if it is not installed.
    static func helper(_ name: String) -> String? {
        executable([folder + name, folder + "../lib/jobd/" + name])
    }

    private static func executable(_ paths: [String]) -> String? {
        paths.first { unsafe access($0, X_OK) == 0 }
    }

    /// The directory of this program, with a slash at the end.
    private static var folder: String {
        let own = Directory.target(ofLink: "/proc/self/exe") ?? ""
        return own.lastIndex(of: "/").map { String(own[...$0]) } ?? ""
    }
}
