internal import SQLite

/// The words of all jobs, for `jobctl search`: a file of its own beside the database, and a cache.
///
/// Nobody but who searches (or prunes) touches it, so that it costs an enqueue and jobd nothing. It is behind
/// the database by whatever happened since the last search, and says how far it has read; a search reads the
/// rest first. It may be removed at any time. A damaged one, one of another version, or one of another
/// database is made anew.
package final class SearchIndex {
    /// "jobs" in ASCII, as the file's `application_id`.
    private static let applicationID: Int64 = 0x6A6F_6273
    /// To be raised with every change in what is kept, or in how words are told apart.
    private static let version: Int64 = 1

    let connection: Connection

    private init(_ connection: Connection) { self.connection = connection }

    /// Opens the file beside the database, and makes it where it is missing.
    convenience init(in directory: StateDirectory, busyTimeout: Duration = .seconds(15)) throws {
        let path = directory.searchIndex
        // With the mode and the owner that the database has. Nobody of this process has it open yet, whose
        // locks would go.
        _ = try directory.openFile(path)
        self.init(try Connection(path: path, .readWrite, busyTimeout: busyTimeout))
        do { try prepare() } catch let error as SQLiteError where Self.isDamage(error) { try rebuild() }
    }

    /// One in a file that nobody sees, for when there cannot be a lasting one.
    static func temporary() throws -> SearchIndex {
        let index = SearchIndex(try Connection(path: "", .create, busyTimeout: .zero))
        try index.prepare()
        return index
    }

    /// Makes it an empty one.
    func rebuild() throws {
        try connection.reset()
        try prepare()
    }

    private func prepare() throws {
        // A power cut may take the last of it, which is read again. What is pruned is overwritten.
        try connection.execute(
            "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -16384;")
        // Looked at as one: somebody else may be making it now.
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
            // Somebody else may have made it meanwhile.
            if try self.isOurs() { return }
            try connection.execute(
                """
                PRAGMA application_id = \(Self.applicationID);
                -- Accents are folded. Marks belong to their letters, and pictures are words.
                CREATE VIRTUAL TABLE texts USING fts5 (
                    prompt, label, error, tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M* So'"
                );
                -- A word in a label says more than one in a prompt, and that more than one in an error.
                INSERT INTO texts (texts, rank) VALUES ('rank', 'bm25(1.0, 2.0, 0.5)');
                -- Words are gathered in memory until there are this many bytes of them.
                INSERT INTO texts (texts, rank) VALUES ('hashsize', 67108864);
                -- How far the database was read, and when that was written and made which was read last.
                CREATE TABLE place (
                    job INTEGER NOT NULL, job_at TEXT, event INTEGER NOT NULL, event_at TEXT,
                    is_pruning INTEGER NOT NULL -- words may be here of jobs that are gone
                ) STRICT;
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

    /// Whether the file is at fault, and a new one would not be.
    static func isDamage(_ error: SQLiteError) -> Bool {
        switch error.kind {
        case .corrupt, .notADatabase, .schema: true
        // A table or a column that should be there is not.
        case .other: error.code == 1
        default: false
        }
    }
}
