import Inputs
import JobModel
import JobStore
import Scratch
import System
import Testing

/// The copies of local files that no job needs.
@Suite struct InputPruningTests {
    private let scratch = ScratchDirectory()

    @Test func `a job that comes in between keeps its copy, and nothing is pruned while copies are made`()
        throws
    {
        let directory = StateDirectory(path: scratch["state"], origin: .option)
        let store = try JobDatabase(directory, .create)
        let folder = InputFolder(directory)
        let file = InputFile(sha256: SHA256.hexadecimal(of: Array("fox".utf8)), fileExtension: "png")
        FileOnDisk.write("fox", to: scratch["fox.png"])
        do {
            let deposit = try InputDeposit(folder)
            try deposit.add(try FileDescriptor(opening: scratch["fox.png"]), as: file)
            #expect(throws: SystemError.self) { try InputPruning(folder) }
        }
        let (copies, last) = try InputPruning.unneeded(in: folder, store)
        #expect(copies.map(\.file) == [file])
        try store.transaction {
            _ = try store.insert(NewJob(model: "m", input: "{\"image\":\"\(file.text)\"}"))
        }
        let pruning = try InputPruning(folder)
        let kept = try store.transaction { try pruning.remove(copies, since: last, in: store) }
        #expect(kept.files == 0 && FileOnDisk.exists(scratch["state/inputs/" + file.name]))
    }
}
