import SQL
import Scratch
import ScriptedServer
import System
import Testing

/// Outputs, on the disk and in the object storage.
extension Ordeal {
    /// A row of `outputs`.
    struct StoredOutput {
        let job: Int64
        let path: String
        let bytes: Int64
        let hash: String
        let url: String
        let isDone: Bool
        let object: String?
        let local: String?
    }

    /// What has been fetched so far, and is not pruned.
    func storedOutputs() throws -> [StoredOutput] {
        try stage.connection().all(
            """
            SELECT job_id, path, bytes, sha256, url, state = 'done', object, local FROM outputs
            WHERE sha256 IS NOT NULL AND removed_at IS NULL
            """
        ) {
            StoredOutput(
                job: $0.integer(0), path: $0.text(1), bytes: $0.integer(2), hash: $0.text(3), url: $0.text(4),
                isDone: $0.integer(5) == 1, object: $0.optionalText(6), local: $0.optionalText(7))
        }
    }

    private func object(_ name: String) -> [UInt8]? {
        storage?.objects[String(name.dropFirst("s3://bucket/".count))]?.bytes
    }

    private func file(of output: StoredOutput) -> [UInt8]? {
        FileOnDisk.bytes(stage.state + "/outputs/" + output.path)
    }

    func content(of output: StoredOutput) -> [UInt8]? {
        output.local == nil ? file(of: output) : output.object.flatMap(object)
    }

    /// The content is where the record says, and whole: also that of a copy.
    func expectContent(of output: StoredOutput, _ context: String) throws {
        let copies = [content(of: output), output.object.flatMap(object) ?? content(of: output)]
        for bytes in copies.map({ $0 ?? [] }) {
            #expect(Int64(bytes.count) == output.bytes, "\(output.path): \(context)")
            #expect(SHA256.hexadecimal(of: bytes) == output.hash, "\(output.path): \(context)")
        }
    }

    /// This ordeal's objects, as the record names them.
    var ownObjects: Set<String> {
        Set((storage?.objects ?? [:]).keys.filter { $0.hasPrefix(name + "/") }.map { "s3://bucket/" + $0 })
    }

    /// Once all is done: each object is on record, and nothing of an upload or of a removal is left.
    func expectSoundObjects(_ context: String) throws {
        guard let storage else { return }
        let recorded = try storedOutputs().compactMap(\.object)
        #expect(ownObjects == Set(recorded), "objects: \(context)")
        let isOver = try stage.jobCount(where: "state NOT IN ('completed', 'uncertain')") == 0
        if isOver { #expect(!storage.openUploads.contains { $0.hasPrefix(name + "/") }, "\(context)") }
        let leaving = try stage.number("SELECT count(*) FROM outputs WHERE local = 'leaving'")
        #expect(leaving == 0, "\(context)")
    }

    /// At any moment: what is done is where the record says; and what is in the storage without being on
    /// record as done is here, too.
    func expectNothingLost(_ context: String) throws {
        let objects = ownObjects
        for output in try storedOutputs() {
            if output.isDone {
                try expectContent(of: output, context)
            } else if objects.contains(where: { $0.contains(output.hash.prefix(12)) }) {
                let bytes = file(of: output) ?? []
                #expect(SHA256.hexadecimal(of: bytes) == output.hash, "\(output.path): \(context)")
            }
        }
    }
}
