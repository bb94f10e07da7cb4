import Glibc
import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

@Suite(.onlySQLite) struct MigrationTests {
    private let store = ScratchStore()

    /// The last step that the program has; the tests add two more.
    private static let last = Migration.all.map(\.number).max() ?? 0
    private static let second = Migration(
        number: last + 1, script: "CREATE TABLE extra (x); INSERT INTO extra VALUES (1);")
    private static let third = Migration(number: last + 2, script: "ALTER TABLE extra ADD COLUMN y;")

    private static func fourDigits(_ number: Int) -> String { String(String(10_000 + number).dropFirst()) }

    /// Where the copy before the step of this number is.
    private func copy(before number: Int) -> String {
        store.directory.database + ".before-" + Self.fourDigits(number)
    }

    private func open(_ added: Migration..., lock: StateLock? = nil) throws -> SQLiteConnection {
        var opening = DatabaseOpening(directory: store.directory, busyTimeout: .seconds(5))
        opening.migrations += added
        return try opening.open(.write, lock: lock)
    }

    private func version(_ path: String) throws -> Int {
        try DatabaseOpening.version(of: SQLiteConnection(path: path, .readWrite, busyTimeout: .zero))
    }

    @Test func `the list names every file of the folder in order`() throws {
        let folder = FileOnDisk.repository + "/migrations"
        let files = FileOnDisk.names(folder).filter { $0.hasSuffix(".sql") }
        #expect(!files.isEmpty)
        #expect(Migration.all.map(\.number) == Set(Migration.all.map(\.number)).sorted())
        #expect(files.count == Migration.all.count)
        for (file, migration) in zip(files, Migration.all) {
            #expect(file.hasPrefix(Self.fourDigits(migration.number) + "_") && file.hasSuffix(".sql"))
            #expect(FileOnDisk.text(folder + "/" + file) == migration.script, "\(file)")
            let words = migration.script.split { !$0.isLetter }.map { $0.uppercased() }
            #expect(!words.contains("COMMIT") && !words.contains("TRANSACTION"), "\(file)")
        }
    }

    @Test func `an older store is copied first and then brought up once`() throws {
        _ = try store.open().job()
        let connection = try open(Self.second, Self.third)
        #expect(try DatabaseOpening.version(of: connection) == Self.last + 2)
        #expect(try connection.first("SELECT count(x) + count(y) FROM extra") { $0.integer(0) } == 1)
        #expect(try connection.first("SELECT count(*) FROM jobs") { $0.integer(0) } == 1)
        let copy = copy(before: Self.last + 1)
        #expect(try version(copy) == Self.last)
        #expect(FileOnDisk(copy)?.mode == 0o600)
        let copied = try SQLiteConnection(path: copy, .readWrite, busyTimeout: .zero)
        #expect(try copied.first("SELECT count(*) FROM jobs") { $0.integer(0) } == 1)
        #expect(FileOnDisk(copy + ".unfinished") == nil)
        #expect(try open(Self.second, Self.third).first("SELECT count(*) FROM extra") { $0.integer(0) } == 1)
        #expect(FileOnDisk(self.copy(before: Self.last + 2)) == nil)
    }

    @Test func `a failing step leaves the old schema and is tried again`() throws {
        _ = try store.open().job()
        let broken = Migration(
            number: Self.last + 2, script: "CREATE TABLE more (x); INSERT INTO nowhere VALUES (1);")
        #expect(throws: SQLError.self) { try open(Self.second, broken) }
        #expect(try version(store.directory.database) == Self.last)
        let database = try store.open(.write)
        #expect(try database.texts("SELECT name FROM sqlite_schema WHERE name IN ('extra', 'more')") == [])
        #expect(try database.count("jobs") == 1)
        #expect(StateLock.holder(of: store.directory) == nil)
        #expect(try DatabaseOpening.version(of: open(Self.second, Self.third)) == Self.last + 2)
    }

    @Test func `an older store under a running jobd is left alone`() throws {
        _ = try store.open().job()
        let lock = try #require(try StateLock(store.directory, as: "jobd"))
        let error = #expect(throws: StoreError.self) { try open(Self.second) }
        guard case .olderInUse(_, Self.last) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(error?.hint?.contains("restart jobd") == true)
        #expect(try version(store.directory.database) == Self.last)
        #expect(FileOnDisk(copy(before: Self.last + 1)) == nil)
        // jobd itself, which holds the lock, may.
        #expect(try DatabaseOpening.version(of: open(Self.second, lock: lock)) == Self.last + 1)
    }

    @Test func `many may find an older store at once and it is brought up once`() async throws {
        _ = try store.open().job()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask { try DatabaseOpening.version(of: open(Self.second, Self.third)) }
            }
            for try await version in group { #expect(version == Self.last + 2) }
        }
        let connection = try open(Self.second, Self.third)
        #expect(try connection.first("SELECT count(*) FROM extra") { $0.integer(0) } == 1)
    }

    @Test func `a step may not run without its copy`() throws {
        _ = try store.open().job()
        #expect(mkdir(copy(before: Self.last + 1), 0o700) == 0)
        #expect(throws: StoreError.self) { try open(Self.second) }
        #expect(try version(store.directory.database) == Self.last)
    }
}
