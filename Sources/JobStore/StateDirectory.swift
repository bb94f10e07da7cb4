internal import Glibc
internal import SQL
package import System

/// The one directory that holds everything, and the modes of the files created in it.
package struct StateDirectory: Sendable {
    static let databaseName = "jobs.db"
    static let logNames = ["jobs.db-wal", "jobs.db-shm"]
    /// The files that have `fileMode`.
    package static let fileNames = [databaseName] + logNames + ["lock", "claims"]

    package enum Origin: String, Sendable {
        case option = "--state-dir"
        case environment = "$JOBD_STATE_DIR"
        case system = "/var/lib/jobd exists"
        case user = "the default for a user"
    }

    package let path: String
    package let origin: Origin
    /// The store that several machines share, in place of the database here.
    private(set) var shared: StoreAddress?
    /// Where the user's caches are, which a shared store needs; empty if that is not known.
    private var caches = ""

    package init(path: String, origin: Origin) {
        self.path = path
        self.origin = origin
    }

    /// The same directory, beside a store that several machines share.
    package func sharing(_ address: String, password: String?, caches: String = "") -> StateDirectory {
        var directory = self
        directory.caches = caches
        directory.shared = StoreAddress(address, password: password)
        return directory
    }

    /// The same directory, with the database in it.
    var withoutSharedStore: StateDirectory { StateDirectory(path: path, origin: origin) }

    /// The address of the shared store; nil for the database here.
    package var sharedStore: String? { shared?.text }

    /// What messages call the store.
    var storeName: String { shared?.text ?? database }

    var database: String { path + "/" + Self.databaseName }
    /// The file that each commit writes to: watch it to notice them all.
    package var commitFile: String { database + "-wal" }
    var sharedMemory: String { database + "-shm" }
    /// A log of more bytes than this is emptied as soon as nobody reads it.
    static let largeLog: Int64 = 16 << 20
    /// The index of `jobctl search`: a cache, which is built again if it is removed. That of a shared store
    /// is each user's own.
    package var searchIndex: String {
        guard let shared else { return path + "/search.db" }
        return searchFolder.path + "/search-\(SHA256.hexadecimal(of: Array(shared.text.utf8)).prefix(16)).db"
    }
    /// The directory that the index is in.
    private var searchFolder: StateDirectory {
        shared == nil ? self : StateDirectory(path: caches + "/jobd", origin: origin)
    }
    /// The copies of local files that inputs name.
    package var inputs: String { path + "/inputs" }
    package var lock: String { path + "/lock" }
    package var wake: String { path + "/wake" }
    /// See `ClaimCounter`. A shared store is named by its id.
    func claimCounter(ofStore id: String? = nil) -> String { path + "/claims" + (id.map { "." + $0 } ?? "") }
    /// Where `Restoration` prepares a database.
    var restoring: StateDirectory { StateDirectory(path: path + "/" + Self.restoringName, origin: origin) }
    static let restoringName = "restoring"
    /// What jobd saved when the database was removed while it ran. While it exists, the store is not used.
    var savedCopy: String { path + "/jobs.db.saved" }
    var savedCopyHint: String {
        "to use it: 'cd \"\(path)\" && rm -f jobs.db jobs.db-wal jobs.db-shm && mv jobs.db.saved jobs.db'; "
            + "if you do not need it, remove it"
    }

    /// Finds the directory. Never falls back from one that exists but may not be written.
    package static func resolve(
        option: String?, environment: [String: String], systemPath: String = "/var/lib/jobd"
    ) throws -> StateDirectory {
        if let option { return StateDirectory(path: absolute(option), origin: .option) }
        if let named = environment["JOBD_STATE_DIR"], !named.isEmpty {
            return StateDirectory(path: absolute(named), origin: .environment)
        }
        if unsafe access(systemPath, F_OK) == 0 || errno == EACCES {
            let directory = StateDirectory(path: systemPath, origin: .system)
            try directory.checkAccess()
            return directory
        }
        if let home = environment["XDG_STATE_HOME"], home.hasPrefix("/") {
            return StateDirectory(path: home + "/jobd", origin: .user)
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else {
            throw StoreError.nowhere
        }
        return StateDirectory(path: home + "/.local/state/jobd", origin: .user)
    }

    private static func absolute(_ path: String) -> String { (try? Directory.absolute(path)) ?? path }

    /// Which file has the database's name now; nil if there is none.
    package var databaseIdentity: FileStatus.Identity? { try? FileStatus(database).identity }

    package var exists: Bool { status != nil }

    private var status: FileStatus? { try? FileStatus(path) }

    /// Whether the directory was made for a group (mode 2770): then its members share what is in it.
    package var isShared: Bool { status.map { $0.mode & 0o2070 == 0o2070 } ?? false }

    /// Who owns it: what root creates there is given to them.
    package var owner: (user: UInt32, group: UInt32)? { status?.owner }

    /// Whether the caller is root or the user that jobd runs as.
    package var isOwnersCall: Bool { geteuid() == 0 || owner?.user == geteuid() || owner == nil }

    /// A path of the configuration. A relative one is in this directory.
    package func absolute(_ name: String) -> String { name.hasPrefix("/") ? name : path + "/" + name }

    /// Who may read what is created in its folders: as `shared` says, if it was made for a group.
    package func fileAccess(shared: FileAccess) -> FileAccess {
        var access = isShared ? shared : .ownerOnly
        if geteuid() == 0, let owner { access.owner = owner }
        return access
    }

    /// The mode of the files that make up the store.
    package var fileMode: UInt32 { isShared ? 0o660 : 0o600 }

    /// The group of the directory; its number if it has no name.
    private var groupName: String? {
        guard let status else { return nil }
        guard let group = unsafe getgrgid(status.owner.group) else { return String(status.owner.group) }
        return unsafe String(cString: group.pointee.gr_name)
    }

    /// Throws if the directory exists and the caller may not use it.
    package func checkAccess() throws {
        if let status, !status.isDirectory {
            throw StoreError.notADirectory(path: path)
        }
        if unsafe access(path, R_OK | W_OK | X_OK) == 0 || errno == ENOENT { return }
        switch errno {
        case EROFS: throw StoreError.readOnly(path: path)
        case EACCES, EPERM:
            if !isShared, let group = groupName { throw StoreError.closed(path: path, group: group) }
            throw StoreError.noPermission(path: path, group: groupName)
        default: throw StoreError.inputOutput(reason: "\(path): \(SystemError.last)")
        }
    }

    /// Creates the directory if it is missing, private to its owner.
    package func create() throws {
        var parents: [String] = []
        var missing = path
        while unsafe access(missing, F_OK) != 0, errno == ENOENT, missing.count > 1 {
            parents.append(missing)
            guard let slash = missing.lastIndex(of: "/"), slash > missing.startIndex else { break }
            missing = String(missing[..<slash])
        }
        for directory in parents.reversed() where unsafe mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw StoreError(.last, at: directory)
        }
        try checkAccess()
        if unsafe access(database, F_OK) != 0 { try syncAncestors() }
    }

    /// A power cut must not lose the directory of a job that was confirmed. Another process may have created
    /// it and ended before syncing, so this is done whenever there is no database yet.
    private func syncAncestors() throws {
        var above = path
        while let slash = above.lastIndex(of: "/") {
            above = String(above[..<slash])
            try Self.sync(above.isEmpty ? "/" : above)
        }
    }

    /// Opens a file of this directory; if it is missing, creates it with the right mode and owner.
    func openFile(_ path: String) throws -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW
        let file = try StoreError.at(path, try FileDescriptor(opening: path, flags: flags, mode: fileMode))
        adopt(file)
        return file
    }

    /// Makes the file of the search index if it is missing.
    func makeSearchIndex() throws {
        if shared != nil {
            if caches.isEmpty { throw StoreError.nowhere }
            try searchFolder.create()
        }
        _ = try searchFolder.openFile(searchIndex)
    }

    /// Gives an open file the right mode, whatever the umask, and the directory's owner if root created it.
    private func adopt(_ file: FileDescriptor) {
        guard let status, let found = try? file.status() else { return }
        if geteuid() == 0, found.owner != status.owner { try? file.setOwner(status.owner) }
        if found.mode & 0o777 != fileMode, found.owner.user == geteuid() || geteuid() == 0 {
            try? file.setMode(fileMode)
        }
    }

    /// Syncs the names in a directory. One that may not be read is someone else's, and has long existed.
    static func sync(_ path: String) throws {
        if let directory = try? Directory(path) { try StoreError.at(path, try directory.syncIfPossible()) }
    }
}
