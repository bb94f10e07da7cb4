package import JobModel

/// The places for outputs: `outputs/` of the state directory, whose files are recorded by relative path, or
/// another `output_dir`, whose files are recorded by absolute path. In a store that several machines share,
/// all are: each state directory has its own `outputs/`.
package struct OutputPlaces: Sendable {
    /// `outputs/` of the state directory.
    private let own: OutputFolder
    /// `output_dir` as currently configured.
    package let current: OutputFolder
    /// Whether the record is also read where another directory has that place.
    private let isShared: Bool

    package init(own: String, current: String, isShared: Bool = false) {
        (self.own, self.current) = (OutputFolder(path: own), OutputFolder(path: current))
        self.isShared = isShared
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

    /// Where people find an output's file: its absolute path, `HOST:PATH`, or its object; nil before it has
    /// one.
    package func place(of output: Output) -> String? {
        if output.local != nil, let object = output.object { return object }
        guard let path = output.path else { return nil }
        return output.isElsewhere ? "\(output.host ?? ""):\(path)" : file(path).absolutePath
    }

    /// How a file's path is recorded.
    package func recorded(_ file: OutputFile) -> String {
        file.folder == own && !isShared ? file.path : file.absolutePath
    }

    /// Whether it is in `outputs/` of the state directory.
    package func isOwn(_ file: OutputFile) -> Bool { file.folder == own }
}
