import Care
import Glibc
import JobModel
import JobStore
import Outputs
import SQL
import Scratch
import Testing

@Suite struct ForeignFilesTests {
    private let scratch = ScratchDirectory()

    @Test func `a sidecar is known for as long as it lies there`() throws {
        let directory = StateDirectory(path: scratch["state"], origin: .option)
        let store = try JobDatabase(directory, .create)
        let places = OutputPlaces(own: scratch["outputs"], current: scratch["outputs"])
        let sql = "INSERT INTO left_files VALUES ('day/000007-1.png', 7, 1, 'a')"
        try SQLiteConnection(path: scratch["state/jobs.db"], .readWrite, busyTimeout: .seconds(5)).execute(
            sql)
        mkdir(scratch["outputs"], 0o700)
        mkdir(scratch["outputs/day"], 0o700)
        FileOnDisk.write("{}", to: scratch["outputs/day/000007.json"])

        func origins() throws -> [ForeignFile.Origin] {
            var found: [ForeignFile.Origin] = []
            try ForeignFiles(places).forEach(in: store) { found.append($0.origin) }
            return found
        }
        try ForeignFiles(places).forgetRemoved(in: store)
        #expect(try origins() == [.left])
        unlink(scratch["outputs/day/000007.json"])
        try ForeignFiles(places).forgetRemoved(in: store)
        #expect(try store.leftFiles().isEmpty)
    }
}
