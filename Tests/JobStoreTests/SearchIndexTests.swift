import Glibc
import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

@Suite struct SearchIndexTests {
    private let scratch = ScratchStore()

    init() throws { try scratch.directory.create() }

    private var path: String { scratch.directory.searchIndex }

    private func find(_ words: String..., filter: JobFilter = JobFilter(), in store: JobDatabase) throws
        -> [Int64]
    {
        let search = try Search(try #require(SearchWords(words)), filter, in: store) { _, _ in }
        #expect(search.obstacle == nil)
        return search.ids
    }

    private func add(_ prompt: String, label: String? = nil, to store: JobDatabase) throws {
        var job = NewJob(model: "m", input: #"{"prompt":"\#(prompt)"}"#)
        job.label = label
        _ = try store.enqueue(job)
    }

    @Test func `what is new, changed or pruned since the last search is seen by the next`() throws {
        let store = try scratch.open()
        try add("a red cat", to: store)
        #expect(try find("cat", in: store) == [1])
        try add("a blue cat", label: "pets", to: store)
        #expect(try Set(find("cat", in: store)) == [1, 2])
        _ = try store.transaction { try store.steer(1, .set(JobChanges(label: "zebra"))) }
        #expect(try find("zebra", in: store) == [1])
        _ = try store.transaction { try store.steer(1, .cancel) }
        #expect(try find("zebra", in: store) == [1])
        #expect(try store.transaction { try store.removeInput(of: 1, by: "test") })
        #expect(try find("red", in: store) == [])
        #expect(try find("zebra", in: store) == [1])
    }

    @Test func `words in every one of many jobs are found, the newest being ranked`() throws {
        let store = try scratch.open()
        try store.transaction {
            for number in 1...SearchIndex.ranked + 500 {
                try _ = store.insert(NewJob(model: "m", input: #"{"prompt":"common n\#(number % 2)"}"#))
            }
        }
        var filter = JobFilter()
        filter.limit = 3
        let last = Int64(SearchIndex.ranked + 500)
        #expect(try find("common", filter: filter, in: store) == [last, last - 1, last - 2])
        filter.limit = nil
        #expect(try Set(find("common", in: store)).count == Int(last))
        #expect(try find("common", "n1", in: store).count == Int(last) / 2)
        filter.states = [.failed]
        #expect(try find("common", filter: filter, in: store) == [])
    }

    @Test(arguments: [
        "", "no database at all, but some text that is longer than a header", "cut", "version", "table",
    ])
    func `a damaged index is made again`(damage: String) throws {
        let store = try scratch.open()
        for number in 0..<2000 { try add("cat number \(number)", to: store) }
        #expect(try find("cat", "77", in: store) == [78])
        switch damage {
        case "cut":
            var status = stat()
            try #require(stat(path, &status) == 0 && truncate(path, status.st_size / 3) == 0)
        case "version":
            try SQLiteConnection(path: path, .readWrite, busyTimeout: .zero).execute(
                "PRAGMA user_version = 99")
        case "table":
            try SQLiteConnection(path: path, .readWrite, busyTimeout: .zero).execute("DROP TABLE texts")
        default:
            let file = open(path, O_WRONLY | O_TRUNC)
            defer { close(file) }
            try #require(write(file, damage, damage.utf8.count) == damage.utf8.count)
        }
        #expect(try find("cat", "77", in: store) == [78])
    }

    @Test(.onlySQLite) func `another program's database is left alone, and the search answers`() throws {
        let store = try scratch.open()
        try add("a cat", to: store)
        try SQLiteConnection(path: path, .create, busyTimeout: .zero).execute("CREATE TABLE mine (x)")
        let words = try #require(SearchWords(["cat"]))
        let search = try Search(words, JobFilter(), in: store) { _, _ in }
        #expect(search.ids == [1])
        #expect(search.obstacle?.contains("another program made it") == true)
        let tables = try SQLiteConnection(path: path, .readOnly, busyTimeout: .zero).all(
            "SELECT name FROM sqlite_schema"
        ) { $0.text(0) }
        #expect(tables == ["mine"])
    }

    @Test(.onlySQLite) func `the index of another database is not believed`() throws {
        let store = try scratch.open()
        try add("a cat", to: store)
        #expect(try find("cat", in: store) == [1])
        let other = ScratchStore()
        try other.directory.create()
        usleep(5_000)
        let second = try other.open()
        for _ in 0..<3 { try add("a dog", to: second) }
        try #require(rename(path, other.directory.searchIndex) == 0)
        let search = try Search(try #require(SearchWords(["cat"])), JobFilter(), in: second) { _, _ in }
        #expect(search.ids == [])
    }

    @Test func `what was pruned leaves the file, its words included`() throws {
        let store = try scratch.open()
        try add("secretword one", to: store)
        try add("secretword two", to: store)
        try add("a plain thing", to: store)
        for id in [1, 2] as [Int64] { _ = try store.transaction { try store.steer(id, .cancel) } }
        #expect(try Set(find("secretword", in: store)) == [1, 2])
        #expect(isInFile("secretword"))
        try SearchIndex.announcePruning(in: scratch.directory)
        #expect(try store.transaction { try store.removeInput(of: 1, by: "test") && store.removeRow(of: 2) })
        try SearchIndex.finishPruning(in: scratch.directory)
        #expect(!isInFile("secretword"))
        #expect(try find("plain", in: store) == [3])
    }

    @Test func `a prune that was cut off is finished by the next search`() throws {
        let store = try scratch.open()
        try add("secretword one", to: store)
        _ = try store.transaction { try store.steer(1, .cancel) }
        #expect(try find("secretword", in: store) == [1])
        try SearchIndex.announcePruning(in: scratch.directory)
        #expect(try store.transaction { try store.removeRow(of: 1) })
        #expect(try find("secretword", in: store) == [])
        #expect(!isInFile("secretword"))
    }

    @Test func `a prune makes no index if nobody has searched`() throws {
        _ = try scratch.open()
        try SearchIndex.announcePruning(in: scratch.directory)
        try SearchIndex.finishPruning(in: scratch.directory)
        #expect(access(path, F_OK) != 0)
    }

    @Test(.onlySQLite) func `the file has the database's mode, in a group's directory as well`() throws {
        let store = try scratch.open()
        _ = try find("x", in: store)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        try #require(chmod(scratch.directory.path, 0o2770) == 0)
        try #require(unlink(path) == 0)
        _ = try find("x", in: store)
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
    }

    private func isInFile(_ word: String) -> Bool {
        Program.run("grep", "-qa", word, path).code == 0
    }
}
