package import Catalogue
package import JobModel
package import JobStore
package import Media
package import Outputs
internal import System

/// `inputs/` of the state directory: the local files that jobs are made from, each once, called after its
/// content.
package struct InputFolder: Sendable {
    package let path: String
    let access: FileAccess

    package init(_ directory: StateDirectory) {
        path = directory.inputs
        access = directory.fileAccess(shared: .groupWritable)
    }

    /// The copy of a file, which may be missing.
    package func file(_ input: InputFile) -> OutputFile { OutputFile(folder: folder, path: input.name) }

    private var folder: OutputFolder { OutputFolder(path: path) }

    /// All copies, with their sizes.
    package func all() throws -> [(file: InputFile, bytes: Int64)] {
        var found: [(InputFile, Int64)] = []
        try folder.forEachFile { file in
            if let input = InputFile(name: file.path) { found.append((input, file.size ?? 0)) }
        }
        return found
    }

    /// What a copy is; nil if it cannot be read.
    package func content(of input: InputFile) -> FileContent? {
        guard let file = try? file(input).open(), let bytes = FileBytes(file) else { return nil }
        return FileContent(bytes, MediaProbe.verdict(onLocal: bytes, named: input.name))
    }

    /// Reads the whole copy. Nil if it is as it was made.
    package func fault(in input: InputFile, didRead: (Int64) -> Void = { _ in }) -> FileFault? {
        file(input).fault(bytes: nil, sha256: input.sha256, didRead: didRead)
    }
}

extension FileContent {
    /// What a file on this machine is, as far as it can be told.
    package init(_ bytes: FileBytes, _ verdict: ContentVerdict) {
        guard case .accepted(let facts) = verdict else {
            self.init(
                FileFacts(bytes: bytes.size, width: nil, height: nil), kind: Output.Kind.file.rawValue,
                mediaType: Self.unknownType)
            return
        }
        self.init(
            FileFacts(bytes: bytes.size, width: facts.width, height: facts.height),
            kind: facts.kind.rawValue, mediaType: facts.mediaType)
    }

    private static let unknownType = "application/octet-stream"
}
