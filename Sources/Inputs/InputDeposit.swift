package import JobModel
package import System

/// `inputs/`, open to add copies to. While it is open, no copy is pruned: a copy that was made or found is
/// still there when the job that names it is stored.
package final class InputDeposit {
    private let folder: InputFolder
    private let directory: Directory
    /// The copies that this deposit has made, in place of none.
    package private(set) var made: Set<InputFile> = []

    /// Why a copy was not made.
    package enum Fault: Error {
        case reading(SystemError)
        case writing(SystemError)
        /// The file is no longer what it was when it was looked at.
        case changed
    }

    /// How the name of a copy begins that is not complete yet.
    static let unfinished = ".new-"

    /// Makes the directory if it is missing.
    package init(_ folder: InputFolder) throws(SystemError) {
        self.folder = folder
        let parts = folder.path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? folder.path.startIndex
        let (above, name) = (String(folder.path[..<parts]), String(folder.path[parts...].dropFirst()))
        let parent = try Directory(above)
        let isNew = try parent.makeDirectory(name, mode: folder.access.directoryMode)
        directory = try Directory(folder.path)
        if isNew {
            try folder.access.apply(to: directory.file, mode: folder.access.directoryMode)
            try parent.syncIfPossible()
        }
        try directory.shareLock()
    }

    /// Whether there is a copy of that size.
    package func holds(_ input: InputFile, bytes: Int64? = nil) -> Bool {
        guard let status = try? directory.status(input.name), status.isFile else { return false }
        return bytes == nil || status.size == bytes
    }

    /// Adds a copy of a file with this content. Its final name is for whole files only.
    package func add(_ source: FileDescriptor, as input: InputFile) throws(Fault) {
        let name = Self.unfinished + String(UInt64.random(in: 0 ... .max), radix: 36)
        let isNew = !holds(input)
        do throws(Fault) {
            let copy = try Self.writing { () throws(SystemError) in
                let copy = try directory.create(name, mode: folder.access.fileMode)
                try folder.access.apply(to: copy, mode: folder.access.fileMode)
                return copy
            }
            guard try Self.copy(source, to: copy) == input.sha256 else { throw .changed }
            try Self.writing { () throws(SystemError) in
                try copy.sync()
                try directory.replace(input.name, with: name)
            }
        } catch {
            _ = try? directory.remove(name)
            throw error
        }
        if isNew { made.insert(input) }
    }

    /// Returns when the names of all copies are on the disk, those that others have made too.
    package func sync() throws(SystemError) { try directory.syncIfPossible() }

    /// Returns the SHA-256 of what was copied.
    private static func copy(_ source: FileDescriptor, to copy: FileDescriptor) throws(Fault) -> String {
        let digest = SHA256()
        var offset: Int64 = 0
        while true {
            let piece: [UInt8]
            do throws(SystemError) { piece = try source.read(1 << 20, at: offset) } catch {
                throw .reading(error)
            }
            if piece.isEmpty { return digest.hexadecimal() }
            unsafe piece.withUnsafeBytes { unsafe digest.update($0) }
            try writing { () throws(SystemError) in try copy.write(piece, at: offset) }
            offset += Int64(piece.count)
        }
    }

    private static func writing<Value>(_ body: () throws(SystemError) -> Value) throws(Fault) -> Value {
        do throws(SystemError) { return try body() } catch { throw .writing(error) }
    }
}
