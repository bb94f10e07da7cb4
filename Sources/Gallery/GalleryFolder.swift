internal import Glibc
internal import System

/// The directory of a gallery, open and locked.
package final class GalleryFolder {
    static let folders = ["files", "thumbnails"]
    static let page = "index.html"
    private static let part = ".part"

    package let path: String
    private let root: Directory
    private var directories: [String: Directory] = [:]
    private(set) var marker: GalleryMarker

    /// Takes a directory that is new, empty, or a gallery.
    ///
    /// - Parameter outputs: folders in which no gallery may be: what lies there belongs to jobs.
    package init(_ path: String, outside outputs: [String]) throws(GalleryError) {
        self.path = path
        let isNew = unsafe access(path, F_OK) != 0
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let place = Self.real(isNew ? parent : path) else { throw .cannot("make", path: path, .last) }
        for folder in outputs.compactMap(Self.real) where (place + "/").hasPrefix(folder + "/") {
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

    /// Says what will be made before it is, so that an interrupted run leaves nothing that nobody knows.
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

    /// Afterwards: removes what was made for an earlier page, and what an interrupted run has left. Answers
    /// how many.
    func settle(on names: Set<String>, declined: Set<String>) throws(GalleryError) -> Int {
        var removed = 0
        for name in marker.names {
            if !names.contains(name), let (directory, last) = place(of: name),
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

    private func keep(_ next: GalleryMarker) throws(GalleryError) {
        if next != marker || contents(of: GalleryMarker.name) == nil {
            try replace(GalleryMarker.name, with: Array(next.text.utf8))
        }
        marker = next
    }

    /// Writes a file whole, or leaves the one that is there. Answers whether there was anything to change.
    @discardableResult
    func replace(_ name: String, with bytes: [UInt8]) throws(GalleryError) -> Bool {
        if contents(of: name) == bytes { return false }
        try make(name) { file throws(GalleryError) in
            try GalleryError.doing("write", "\(path)/\(name)", try file.write(bytes))
            try GalleryError.doing("write", "\(path)/\(name)", try file.sync())
        }
        return true
    }

    /// Makes a file under another name, then gives it its own.
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
        if let (directory, last) = place(of: name) { _ = try? directory.remove(last + Self.part) }
    }

    private func writing<Value>(
        _ name: String, _ body: (Directory, String) throws(SystemError) -> Value
    ) throws(GalleryError) -> Value {
        guard let (directory, last) = place(of: name) else {
            throw .cannot("write", path: "\(path)/\(name)", SystemError(ENOENT))
        }
        return try GalleryError.doing("write", "\(path)/\(name)", try body(directory, last))
    }

    /// Makes a symbolic link, or leaves it as it is.
    func link(_ name: String, to target: String) throws(GalleryError) {
        if let (directory, last) = place(of: name),
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

    /// The size of an ordinary file of that name; nil where it is none.
    func size(of name: String) -> Int64? {
        guard let (directory, last) = place(of: name), let status = try? directory.status(last), status.isFile
        else { return nil }
        return status.size
    }

    /// Nil where its folder is not made yet.
    private func place(of name: String) -> (directory: Directory, last: String)? {
        guard let slash = name.firstIndex(of: "/") else { return (root, name) }
        return directories[String(name[..<slash])].map { ($0, String(name[name.index(after: slash)...])) }
    }

    private func contents(of name: String) -> [UInt8]? { try? root.open(name).readToEnd() }
}
