import Glibc
import JobModel
import Scratch
import Testing

@testable import JobStore
@testable import SQL

/// A real store in a scratch directory.
struct ScratchStore {
    let scratch = ScratchDirectory()
    let directory: StateDirectory

    /// - Parameter isShared: on PostgreSQL; unless it is given, on the engine that this run is for.
    init(_ name: String = "state", isShared: Bool = SharedServer.isTested) {
        let directory = StateDirectory(path: scratch[name], origin: .option)
        self.directory =
            isShared
            ? directory.sharing(ScratchStore.newSharedStore(), password: nil, caches: scratch["caches"])
            : directory
    }

    /// On a server of its own, which the test may stop.
    init(on server: SharedServer) throws {
        let address = server.address(try server.database())
        _ = try SharedStore(address: StoreAddress(address)).migrate()
        directory = StateDirectory(path: scratch["state"], origin: .option).sharing(
            address, password: nil, caches: scratch["caches"])
    }

    /// The address of a new shared store.
    static func newSharedStore() -> String {
        do {
            let server = try SharedServer.ofAllTests.get()
            return server.address(try server.database(from: try template.get()))
        } catch { preconditionFailure("no PostgreSQL: \(error)") }
    }

    /// The shared store as another machine has it.
    func sibling(_ name: String) -> StateDirectory {
        StateDirectory(path: scratch[name], origin: .option).sharing(
            directory.sharedStore ?? "", password: nil, caches: scratch["caches." + name])
    }

    /// A database with the schema, which is copied for each test.
    private static let template = Result {
        let server = try SharedServer.ofAllTests.get()
        let name = try server.database()
        _ = try SharedStore(address: StoreAddress(server.address(name))).migrate()
        return name
    }

    func open(
        _ purpose: JobDatabase.Purpose = .create, busyTimeout: Duration = .seconds(15),
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) throws -> JobDatabase {
        try JobDatabase(directory, purpose, busyTimeout: busyTimeout, clock: clock)
    }

    /// Takes the lock, which a program that another test starts may hold on to until it runs its own code.
    func lock(_ name: String = "jobd") throws -> StateLock {
        for _ in 0..<1000 {
            if let lock = try StateLock(directory, as: name) { return lock }
            usleep(10_000)
        }
        throw StoreError.busy
    }

    /// Whether the lock is free, now or in a moment.
    func isFree() -> Bool {
        for _ in 0..<1000 {
            if StateLock.holder(of: directory) == nil { return true }
            usleep(10_000)
        }
        return false
    }

    /// The store as jobd has it.
    func jobStore(busyTimeout: Duration = .seconds(15)) throws -> JobStore {
        try directory.create()
        return try directory.jobStore(holding: try lock(), busyTimeout: busyTimeout)
    }

    /// What the engine's own shell makes of `sql`: a writer that knows nothing of us.
    func shell(_ sql: String) -> Answer {
        guard let address = directory.sharedStore else { return Program.sqlite3(directory.database, sql) }
        return SharedServer.psql(address, sql)
    }

    /// A connection with none of our settings, as `sqlite3` or `psql` opens one.
    ///
    /// - Parameter foreignKeys: whether those are in force, which an SQLite program has to ask for.
    func foreign(foreignKeys: Bool = false) throws -> Connection {
        guard let address = directory.shared else {
            let file = try SQLiteConnection(
                path: directory.database, .readWrite, busyTimeout: .seconds(15))
            if foreignKeys { try file.execute("PRAGMA foreign_keys = ON") }
            return .sqlite(file)
        }
        let connection = try PostgreSQLConnection(address, patience: .zero, lockLimit: .seconds(15))
        try connection.always("idle", "RESET idle_in_transaction_session_timeout")
        return .postgresql(connection)
    }
}

/// What differs between the engines.
func perEngine<Value>(_ sqlite: Value, postgresql: Value) -> Value {
    SharedServer.isTested ? postgresql : sqlite
}

extension Trait where Self == ConditionTrait {
    /// For what is about SQLite alone: its files, its plans, its migrations.
    static var onlySQLite: Self { .enabled(if: !SharedServer.isTested, "it is about SQLite alone") }

    /// For what is about a shared store alone, whatever this run is for.
    static var onServer: Self {
        .enabled(if: SharedServer.isTested, "needs PostgreSQL, and TEST_STORE=postgresql")
    }
}

extension Connection {
    private var isShared: Bool { if case .postgresql = self { true } else { false } }

    func dropTrigger(_ name: String, on table: String) throws {
        try execute("DROP TRIGGER \(name)" + (isShared ? " ON \(table)" : ""))
    }

    /// Begins a transaction that nobody can write beside.
    func beginWriting() throws {
        try execute(isShared ? "BEGIN; UPDATE jobs SET id = id WHERE false" : "BEGIN IMMEDIATE")
    }

    /// One text for each row: its values, and - for none, with bars between.
    func rows(_ sql: String) throws -> [String] {
        try all(sql) { row in
            var words: [String] = []
            for column in 0..<row.columnCount {
                switch row.value(column) {
                case .null: words.append("-")
                case .integer(let number): words.append("\(number)")
                case .real(let number): words.append("\(number)")
                case .text(let text): words.append(text)
                }
            }
            return words.joined(separator: "|")
        }
    }
}

extension StateDirectory {
    init(_ path: String) { self.init(path: path, origin: .option) }

    /// The store as jobd has it.
    func jobStore(
        holding lock: StateLock, busyTimeout: Duration = .seconds(15), settings: String = "{}"
    ) throws -> JobStore {
        let holder = Lease.Holder(stateDirectory: path, longestPost: .seconds(7200), settings: settings)
        return try JobStore(lock: lock, lease: sharedStore.map { _ in Lease(holder) }) {
            try JobDatabase(self, .create, lock: lock, busyTimeout: busyTimeout)
        }
    }
}

extension JobDatabase {
    /// Enqueues a job and drives it through `events`.
    @discardableResult
    func job(
        model: String = "m", input: String = #"{"prompt":"a cat"}"#, key: String? = nil,
        _ events: JobEvent..., outputs: [(kind: Output.Kind, url: String)] = []
    ) throws -> Job {
        var new = NewJob(model: model, input: input)
        new.key = key
        return try drive(enqueue(new).job, through: events, outputs: outputs)
    }

    /// A job that has succeeded with so many pictures to fetch, `https://x.test/1` and so on.
    func succeededJob(pictures: Int, then events: JobEvent...) throws -> Job {
        let path: [JobEvent] = [
            .submitting(priceUSD: 1), .accepted(requestID: "r"), .succeeded(finishedAt: nil, costUSD: nil),
        ]
        return try drive(
            job(), through: path + events, outputs: (1...pictures).map { (.image, "https://x.test/\($0)") })
    }

    @discardableResult
    func drive(_ job: Job, through events: [JobEvent], outputs: [(kind: Output.Kind, url: String)] = [])
        throws -> Job
    {
        var job = job
        for event in events {
            job = try transaction {
                if event == .fetched { try finishOutputs(of: job.id) }
                return try record(event, for: job.id, in: job.state, outputs: outputs)
            }
        }
        return job
    }

    /// Records all outputs of a job as files on disk.
    func finishOutputs(of job: Int64) throws {
        for output in try outputs(of: job) where output.state == .pending { try finish(output.withFile) }
    }

    func count(_ table: String) throws -> Int64 {
        try connection.first("SELECT count(*) FROM \(table)") { $0.integer(0) } ?? 0
    }

    func texts(_ sql: String) throws -> [String] { try connection.all(sql) { $0.text(0) } }

    /// The names of a table's or a view's columns.
    func columns(_ table: String) throws -> [String] {
        try texts(
            perEngine(
                "SELECT name FROM pragma_table_info('\(table)') ORDER BY cid",
                postgresql: """
                    SELECT attname FROM pg_attribute
                    WHERE attrelid = '\(table)'::regclass AND attnum > 0 ORDER BY attnum
                    """))
    }

    /// The lines of the plans of every statement that `body` runs for the first time.
    func plans(_ body: (JobDatabase) throws -> Void) throws -> [String] {
        let known = Set(file?.preparedSQL ?? [])
        try body(self)
        return try (file?.preparedSQL ?? []).filter { !known.contains($0) && !$0.contains("PRAGMA") }
            .flatMap { sql in try connection.all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) } }
    }
}

extension Output {
    /// The same with a file of ten bytes on disk, which is not recorded yet.
    var withFile: Output {
        var output = self
        (output.path, output.bytes) = ("2024-01-01/\(jobID)-\(position).png", 10)
        (output.sha256, output.mediaType) = (String(repeating: "a", count: 64), "image/png")
        return output
    }
}

extension StoreError {
    /// The name of its case, if the case holds something.
    var name: String? { Mirror(reflecting: self).children.first?.label }
}

/// The write-ahead log as its bytes say.
enum WriteAheadLog {
    /// How many commits are in the log: each ends with a frame that names the size of the database.
    static func commits(_ path: String) -> Int {
        guard let log = FileOnDisk.bytes(path), log.count > 32 else { return 0 }
        func number(at offset: Int) -> Int {
            log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        let (pageSize, salts) = (number(at: 8), log[16..<24])
        return stride(from: 32, to: log.count, by: 24 + pageSize).count { frame in
            frame + 24 <= log.count && log[frame + 8..<frame + 16].elementsEqual(salts)
                && number(at: frame + 4) != 0
        }
    }
}
