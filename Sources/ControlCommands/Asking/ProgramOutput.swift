internal import Glibc
internal import System

/// What another program wrote to its standard output.
enum ProgramOutput {
    /// Runs a program to its end; it reads `input` first. Nil where it cannot be started. Its talk goes where
    /// ours goes.
    static func of(_ words: [String], input: String = "") -> (ending: ChildProcess.Ending, output: String)? {
        guard let (process, output) = start(words, Array(input.utf8)) else { return nil }
        var bytes: [UInt8] = []
        while let piece = try? output.read(1 << 16), !piece.isEmpty { bytes += piece }
        return (process.wait(), String(decoding: bytes, as: UTF8.self))
    }

    /// Our end of its output is closed when this returns: only then can the output be seen to end.
    private static func start(_ words: [String], _ input: [UInt8]) -> (ChildProcess, FileDescriptor)? {
        guard let source = try? FileDescriptor.inMemory(input), let pipe = try? FileDescriptor.pipe(),
            let process = try? ChildProcess(words, input: source, output: pipe.input)
        else { return nil }
        return (process, pipe.output)
    }

    /// A program that is installed beside this one; else the one of that name that the shell would find.
    static func sibling(_ name: String) -> String {
        let folder = folder
        // Debian keeps daemons in sbin and commands in bin.
        for place in [folder + name, folder + "../sbin/" + name] where unsafe access(place, X_OK) == 0 {
            return place
        }
        return name
    }

    /// Where this program lies, with a slash.
    static var folder: String {
        let own = Directory.target(ofLink: "/proc/self/exe") ?? ""
        return own.lastIndex(of: "/").map { String(own[...$0]) } ?? ""
    }
}
