package import JobModel

/// The places for outputs: `outputs/` of the state directory, whose files are recorded by relative path, or
/// another `output_dir`, whose files are recorded by absolute path.
package struct OutputPlaces: Sendable {
    /// `outputs/` of the state directory.
    private let own: OutputFolder
    /// `output_dir` as currently configured.
    package let current: OutputFolder

    package init(own: String, current: String) {
        (self.own, self.current) = (OutputFolder(path: own), OutputFolder(path: current))
    }

    /// The folders in which outputs are expected.
    package var folders: [OutputFolder] { own == current ? [own] : [own, current] }

    /// The file of a recorded path. No other code interprets one.
    package func file(_ recorded: String) -> OutputFile {
        guard recorded.hasPrefix("/") else { return OutputFile(folder: own, path: recorded) }
        for folder in folders where recorded.hasPrefix(folder.path + "/") {
            return OutputFile(folder: folder, path: String(recorded.dropFirst(folder.path.count + 1)))
        }
        let parts = PathParts(recorded)
        let folder = OutputFolder(path: parts.directory.isEmpty ? "/" : parts.directory)
        return OutputFile(folder: folder, path: parts.name, isOutside: true)
    }

    /// The absolute path of an output's file; nil if there is no such file, or not yet.
    package func path(of output: Output) -> String? {
        output.hasFile ? output.path.map { file($0).absolutePath } : nil
    }

    /// How a file's path is recorded.
    package func recorded(_ file: OutputFile) -> String { file.folder == own ? file.path : file.absolutePath }
}
