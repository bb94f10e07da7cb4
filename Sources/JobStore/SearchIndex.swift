internal import SQL

/// The words of all jobs, for `jobctl search`: a cache in a separate file, beside the database if that is a
/// file, too.
///
/// Only searching and pruning touch it, so it costs nothing elsewhere. It records how far it has read the
/// database, and a search reads the rest first. It may be removed at any time. It is built again if it is
/// damaged, or belongs to another version or another database.
package final class SearchIndex {
    /// "jobs" in ASCII, as the file's `application_id`.
    private static let applicationID: Int64 = 0x6A6F_6273
    /// Raise it with every change in what is stored, or in how text is split into words.
    private static let version: Int64 = 1

    let connection: SQLiteConnection

    private init(_ connection: SQLiteConnection) { self.connection = connection }

    /// Opens the file, and creates it if it is missing.
    convenience init(in directory: StateDirectory, busyTimeout: Duration = .seconds(15)) throws {
        let path = directory.searchIndex
        // Creates it with the database's mode and owner. This process has no locks on it yet to lose.
        try directory.makeSearchIndex()
        self.init(try SQLiteConnection(path: path, .readWrite, busyTimeout: busyTimeout))
        do { try prepare() } catch let error as SQLError where Self.isDamage(error) { try rebuild() }
    }

    /// One in an unnamed temporary file, for when a lasting one is impossible.
    static func temporary() throws -> SearchIndex {
        let index = SearchIndex(try SQLiteConnection(path: "", .create, busyTimeout: .zero))
        try index.prepare()
        return index
    }

    /// Empties it.
    func rebuild() throws {
        try connection.reset()
        try prepare()
    }

    private func prepare() throws {
        // What a power cut takes is read again. What is pruned is overwritten.
        try connection.execute(
            "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -16384;")
        // In one snapshot: another process may be creating it now.
        let (isOurs, owner, tables) = try connection.snapshot {
            try (
                self.isOurs(), connection.first("PRAGMA application_id") { $0.integer(0) } ?? 0,
                connection.first("SELECT count(*) FROM sqlite_schema") { $0.integer(0) } ?? 0
            )
        }
        if isOurs { return }
        if tables > 0 {
            guard owner == Self.applicationID else {
                throw StoreError.notOurs(path: "search.db", reason: "another program made it")
            }
            try connection.reset()
        }
        try connection.transaction {
            // Another process may have created it in the meantime.
            if try self.isOurs() { return }
            try connection.execute(
                """
                PRAGMA application_id = \(Self.applicationID);
                -- Accents are folded. Marks belong to their letters, and pictographs are words.
                CREATE VIRTUAL TABLE texts USING fts5 (
                    prompt, label, error,
                    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M* So'"
                );
                -- A word in a label counts more than one in a prompt, and that more than one in an error.
                INSERT INTO texts (texts, rank) VALUES ('rank', 'bm25(1.0, 2.0, 0.5)');
                -- How many bytes of words are collected in memory.
                INSERT INTO texts (texts, rank) VALUES ('hashsize', 67108864);
                -- How far the database was read: the last job and event, and when each was created.
                CREATE TABLE place (
                    job INTEGER NOT NULL, job_at TEXT, event INTEGER NOT NULL, event_at TEXT,
                    is_pruning INTEGER NOT NULL) STRICT; -- words of removed jobs may still be here
                INSERT INTO place VALUES (0, NULL, 0, NULL, 0);
                PRAGMA user_version = \(Self.version);
                """)
        }
    }

    private func isOurs() throws -> Bool {
        let owner = try connection.first("PRAGMA application_id") { $0.integer(0) }
        let version = try connection.first("PRAGMA user_version") { $0.integer(0) }
        return owner == Self.applicationID && version == Self.version
    }

    /// Whether the file is at fault, so that a new one would work.
    static func isDamage(_ error: SQLError) -> Bool {
        switch error.kind {
        case .corrupt, .notADatabase, .schema: true
        // A table or a column that should be there is not.
        case .other: error.code == "SQLite's code 1"
        default: false
        }
    }
}
