internal import Glibc
package import System

/// The directory of a gallery, open and locked.
package final class GalleryFolder {
    static let thumbnails = "thumbnails"
    static let folders = ["files", thumbnails]
    static let page = "index.html"
    private static let part = ".part"

    package let path: String
    private let root: Directory
    private var directories: [String: Directory] = [:]
    private(set) var marker: GalleryMarker
    /// What is not here, because the machine that the gallery is sent to has it.
    var elsewhere: Set<String> = []

    /// Accepts a directory that is new, empty, or a gallery.
    ///
    /// - Parameter outputs: folders that must not contain a gallery, because their files belong to jobs.
    package init(_ path: String, outside outputs: [String]) throws(GalleryError) {
        self.path = path
        let isNew = unsafe access(path, F_OK) != 0
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let real = Self.real(isNew ? parent : path) else { throw .cannot("make", path: path, .last) }
        for folder in outputs.compactMap(Self.real) where (real + "/").hasPrefix(folder + "/") {
            throw .insideOutputs(folder)
        }
        if isNew, unsafe mkdir(path, 0o777) != 0 { throw .cannot("make", path: path, .last) }
        root = try GalleryError.doing("open", path, try Directory(path))
        marker = GalleryMarker()
        guard root.takeLock() else { throw .busy(path) }
        if let bytes = contents(of: GalleryMarker.name) {
            guard let found = GalleryMarker(bytes) else { throw .notAGallery(path) }
            marker = found
        } else {
            let names = try GalleryError.doing("read", path, try root.names())
            if names.contains(where: { $0 != GalleryMarker.name + Self.part }) { throw .notAGallery(path) }
        }
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Records the names before the files are made, so that an interrupted run leaves no unknown file.
    func announce(_ names: Set<String>) throws(GalleryError) {
        var next = marker
        next.names.formUnion(names)
        try keep(next)
        for folder in Self.folders {
            _ = try GalleryError.doing(
                "make", "\(path)/\(folder)", try root.makeDirectory(folder, mode: 0o777))
            directories[folder] = try GalleryError.doing(
                "open", "\(path)/\(folder)", try root.directory(folder))
        }
    }

    /// Afterwards, removes the files of earlier pages and of interrupted runs. Returns how many.
    func settle(on names: Set<String>, declined: Set<String>) throws(GalleryError) -> Int {
        var removed = 0
        for name in marker.names {
            if !names.contains(name), let (directory, last) = locate(name),
                (try? directory.remove(last)) == true
            {
                removed += 1
            }
            discardPart(of: name)
        }
        var settled = GalleryMarker()
        settled.names = names
        settled.declined = declined
        try keep(settled)
        return removed
    }

    /// Records what cannot be made.
    func settle(declined: Set<String>) throws(GalleryError) {
        var next = marker
        next.declined = declined
        try keep(next)
    }

    private func keep(_ next: GalleryMarker) throws(GalleryError) {
        if next != marker || contents(of: GalleryMarker.name) == nil {
            try replace(GalleryMarker.name, with: Array(next.text.utf8))
        }
        marker = next
    }

    /// Writes a file completely, unless it is the same already. Returns whether it was written.
    @discardableResult
    func replace(_ name: String, with bytes: [UInt8]) throws(GalleryError) -> Bool {
        if contents(of: name) == bytes { return false }
        try make(name) { file throws(GalleryError) in
            try GalleryError.doing("write", "\(path)/\(name)", try file.write(bytes))
            try GalleryError.doing("write", "\(path)/\(name)", try file.sync())
        }
        return true
    }

    /// Writes a file under a temporary name, then renames it.
    func make(_ name: String, _ body: (FileDescriptor) throws(GalleryError) -> Void) throws(GalleryError) {
        let file = try openPart(of: name)
        do throws(GalleryError) { try body(file) } catch {
            discardPart(of: name)
            throw error
        }
        try finishPart(of: name)
    }

    func openPart(of name: String) throws(GalleryError) -> FileDescriptor {
        discardPart(of: name)
        return try writing(name) { (directory, last) throws(SystemError) in
            try directory.create(last + Self.part, mode: 0o666)
        }
    }

    func finishPart(of name: String) throws(GalleryError) {
        try writing(name) { (directory, last) throws(SystemError) in
            try directory.replace(last, with: last + Self.part)
        }
    }

    func discardPart(of name: String) {
        if let (directory, last) = locate(name) { _ = try? directory.remove(last + Self.part) }
    }

    private func writing<Value>(
        _ name: String, _ body: (Directory, String) throws(SystemError) -> Value
    ) throws(GalleryError) -> Value {
        guard let (directory, last) = locate(name) else {
            throw .cannot("write", path: "\(path)/\(name)", SystemError(ENOENT))
        }
        return try GalleryError.doing("write", "\(path)/\(name)", try body(directory, last))
    }

    /// Makes a symbolic link, unless it is there already.
    func link(_ name: String, to target: String) throws(GalleryError) {
        if let (directory, last) = locate(name),
            Directory.target(ofLink: last, in: directory)?.utf8.elementsEqual(target.utf8) == true
        {
            return
        }
        discardPart(of: name)
        try writing(name) { (directory, last) throws(SystemError) in
            try directory.makeLink(last + Self.part, to: target)
        }
        try finishPart(of: name)
    }

    /// The size of an ordinary file of that name; nil for anything else.
    func size(of name: String) -> Int64? {
        guard let (directory, last) = locate(name), let status = try? directory.status(last), status.isFile
        else { return nil }
        return status.size
    }

    /// Whether there is a copy of a job's file, here or where the gallery is sent to. Names are made from the
    /// content.
    func holds(_ file: GalleryFile) -> Bool {
        size(of: file.name) == file.bytes || elsewhere.contains(file.name)
    }

    /// The copy of a job's file; nil if there is none here.
    func copy(of file: GalleryFile) -> FileDescriptor? {
        size(of: file.name) == file.bytes ? open(file.name) : nil
    }

    /// Nil if its folder does not exist yet.
    private func locate(_ name: String) -> (directory: Directory, last: String)? {
        guard let slash = name.firstIndex(of: "/") else { return (root, name) }
        return directories[String(name[..<slash])].map { ($0, String(name[name.index(after: slash)...])) }
    }

    private func contents(of name: String) -> [UInt8]? { try? root.open(name).readToEnd() }
}

/// Why there is no gallery.
package enum GalleryError: Error, Equatable {
    /// The directory is not a gallery.
    case notAGallery(String)
    case insideOutputs(String)
    /// Another jobctl is writing there.
    case busy(String)
    case cannot(String, path: String, SystemError)

    static func doing<Value>(
        _ what: String, _ path: @autoclosure () -> String,
        _ body: @autoclosure () throws(SystemError) -> Value
    ) throws(GalleryError) -> Value {
        do throws(SystemError) { return try body() } catch { throw .cannot(what, path: path(), error) }
    }
}
