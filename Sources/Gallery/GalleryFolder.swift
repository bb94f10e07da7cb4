internal import Glibc

/// The directory of a gallery, open and locked. Nothing in it is reached through a symbolic link.
@safe package final class GalleryFolder {
    static let folders = ["files", "thumbnails"]
    static let page = "index.html"
    private static let part = ".part"

    package let path: String
    private let root: Int32
    private var directories: [String: Int32] = [:]
    private(set) var marker: GalleryMarker

    /// Takes a directory that is new, empty, or a gallery.
    ///
    /// - Parameter outputs: folders in which no gallery may be: what lies there belongs to jobs.
    package init(_ path: String, outside outputs: [String]) throws(GalleryError) {
        self.path = path
        let isNew = unsafe access(path, F_OK) != 0
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let place = Self.real(isNew ? parent : path) else { throw .last("make", path) }
        for folder in outputs.compactMap(Self.real) where (place + "/").hasPrefix(folder + "/") {
            throw .insideOutputs(folder)
        }
        if isNew, unsafe mkdir(path, 0o777) != 0 { throw .last("make", path) }
        root = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw .last("open", path) }
        marker = GalleryMarker()
        guard flock(root, LOCK_EX | LOCK_NB) == 0 else { throw .busy(path) }
        if let bytes = contents(of: GalleryMarker.name) {
            guard let found = GalleryMarker(bytes) else { throw .notAGallery(path) }
            marker = found
        } else if try !names(in: root).allSatisfy({ $0 == GalleryMarker.name + Self.part }) {
            throw .notAGallery(path)
        }
    }

    deinit {
        for directory in directories.values { close(directory) }
        if root >= 0 { close(root) }
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
            if unsafe mkdirat(root, folder, 0o777) != 0, errno != EEXIST {
                throw .last("make", "\(path)/\(folder)")
            }
            let directory = unsafe openat(root, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard directory >= 0 else { throw .last("open", "\(path)/\(folder)") }
            directories[folder] = directory
        }
    }

    /// Afterwards: removes what was made for an earlier page, and what an interrupted run has left. Answers
    /// how many.
    func settle(on names: Set<String>, declined: Set<String>) throws(GalleryError) -> Int {
        var removed = 0
        for name in marker.names {
            let (directory, last) = place(of: name)
            if !names.contains(name), unsafe unlinkat(directory, last, 0) == 0 { removed += 1 }
            unsafe unlinkat(directory, last + Self.part, 0)
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
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
                guard count > 0 else { throw .last("write", "\(path)/\(name)") }
                rest = rest.dropFirst(count)
            }
            guard fsync(file) == 0 else { throw .last("write", "\(path)/\(name)") }
        }
        return true
    }

    /// Makes a file under another name, then gives it its own.
    func make(_ name: String, _ body: (Int32) throws(GalleryError) -> Void) throws(GalleryError) {
        let file = try openPart(of: name)
        defer { close(file) }
        do throws(GalleryError) { try body(file) } catch {
            discardPart(of: name)
            throw error
        }
        try finishPart(of: name)
    }

    func openPart(of name: String) throws(GalleryError) -> Int32 {
        let (directory, last) = place(of: name)
        unsafe unlinkat(directory, last + Self.part, 0)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(directory, last + Self.part, flags, 0o666)
        guard file >= 0 else { throw .last("write", "\(path)/\(name)") }
        return file
    }

    func finishPart(of name: String) throws(GalleryError) {
        let (directory, last) = place(of: name)
        guard unsafe renameat(directory, last + Self.part, directory, last) == 0 else {
            throw .last("write", "\(path)/\(name)")
        }
    }

    func discardPart(of name: String) {
        let (directory, last) = place(of: name)
        unsafe unlinkat(directory, last + Self.part, 0)
    }

    /// Makes a symbolic link, or leaves it as it is.
    func link(_ name: String, to target: String) throws(GalleryError) {
        let (directory, last) = place(of: name)
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlinkat(directory, last, &bytes, bytes.count)
        if count >= 0, bytes[..<count].elementsEqual(target.utf8.map { CChar(bitPattern: $0) }) { return }
        discardPart(of: name)
        guard unsafe symlinkat(target, directory, last + Self.part) == 0 else {
            throw .last("write", "\(path)/\(name)")
        }
        try finishPart(of: name)
    }

    /// The size of an ordinary file of that name; nil where it is none.
    func size(of name: String) -> Int64? {
        let (directory, last) = place(of: name)
        var status = stat()
        guard unsafe fstatat(directory, last, &status, AT_SYMLINK_NOFOLLOW) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return Int64(status.st_size)
    }

    private func place(of name: String) -> (directory: Int32, last: String) {
        guard let slash = name.firstIndex(of: "/") else { return (root, name) }
        // Without its folder there is no such file.
        return (directories[String(name[..<slash])] ?? -1, String(name[name.index(after: slash)...]))
    }

    private func contents(of name: String) -> [UInt8]? {
        let file = unsafe openat(root, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe read(file, &piece, piece.count)
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    private func names(in directory: Int32) throws(GalleryError) -> [String] {
        guard let stream = unsafe fdopendir(dup(directory)) else { throw .last("read", path) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
