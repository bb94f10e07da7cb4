internal import Glibc
internal import System

/// What another program wrote to its standard output.
enum ProgramOutput {
    /// Runs a program to its end, with `input` as its standard input. Nil if it cannot be started. It shares
    /// our standard error.
    static func of(_ words: [String], input: String = "") -> (ending: ChildProcess.Ending, output: String)? {
        guard let (process, output) = start(words, Array(input.utf8)) else { return nil }
        var bytes: [UInt8] = []
        while let piece = try? output.read(1 << 16), !piece.isEmpty { bytes += piece }
        return (process.wait(), String(decoding: bytes, as: UTF8.self))
    }

    /// Our copy of the pipe's writing end is closed when this returns. Until then the output would not end.
    private static func start(_ words: [String], _ input: [UInt8]) -> (ChildProcess, FileDescriptor)? {
        guard let source = try? FileDescriptor.inMemory(input), let pipe = try? FileDescriptor.pipe(),
            let process = try? ChildProcess(words, input: source, output: pipe.input)
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
