import HTTP
import JobModel
import Scratch
import System
import Testing

@testable import ObjectStorage

/// Against a real object storage, which checks signatures and hashes by itself: see `make test-storage`.
/// s3cmd, which knows nothing of jobd, looks at the result.
@Suite(.enabled(if: RealStorage.endpoint != nil), .timeLimit(.minutes(10)))
struct RealStorageTests {
    let client: HTTPClient
    let scratch = ScratchDirectory()
    /// Each test has its own.
    let prefix = "tests/\(UInt32.random(in: 0 ... .max))"

    init() throws { client = try HTTPClient(userAgent: "jobd/1.2") }

    private func storage(
        keyID: String = "test:tester", secret: String = "testing", bucket: String = "bucket",
        parts: Bool = false
    ) -> ObjectStorage {
        var limits = ObjectStorage.Limits()
        // The smallest parts that S3 allows.
        if parts { (limits.whole, limits.part) = (6 << 20, 5 << 20) }
        return ObjectStorage(
            StorageLocation(
                root: ObjectName(bucket: bucket, key: prefix), endpoint: RealStorage.endpoint,
                region: "us-east-1", usesPathStyle: false), client: client, limits: limits,
            credentials: { StorageCredentials(keyID: keyID, secret: secret) })
    }

    private func s3cmd(_ words: String...) throws -> Answer {
        let environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": scratch.path]
        return try Program("s3cmd", ["-q", "-c", RealStorage.clientFile] + words, environment: environment)
            .answer()
    }

    /// What s3cmd finds under a name.
    private func read(_ name: ObjectName) throws -> [UInt8]? {
        let path = scratch["read"]
        let answer = try s3cmd("get", "--force", name.text, path)
        return answer.code == 0 ? FileOnDisk.bytes(path) : nil
    }

    @Test(arguments: ["plain.png", "a b+c=d&e%f~'(é)*!@:,$;?#.png", "x//y.png"])
    func `a file under any name is read by another client`(key: String) async throws {
        let storage = storage()
        let bytes = StorageRig.bytes(100_000)
        let name = storage.location.name(key)
        #expect(try await storage.put(StorageRig.upload(bytes), as: name) == name)
        #expect(try read(name) == bytes)
        #expect(try await storage.facts(of: name)?.sha256 == SHA256.hexadecimal(of: bytes))
        #expect(try await storage.put(StorageRig.upload(bytes), as: name) == name)
        #expect(try await storage.list(storage.location.name("")).map(\.name) == [name])
        try await storage.remove(name)
        #expect(try await storage.facts(of: name) == nil)
    }

    @Test func `another client's object is never replaced and taken if it is the same`() async throws {
        let storage = storage()
        let bytes = StorageRig.bytes(1000)
        FileOnDisk.write("foreign", to: scratch["foreign"])
        let name = storage.location.name("a.png")
        #expect(try s3cmd("put", scratch["foreign"], name.text).code == 0)
        let placed = try await storage.put(StorageRig.upload(bytes), as: name)
        #expect(placed == storage.location.name("a-2.png"))
        #expect(try read(name) == Array("foreign".utf8))
        #expect(try await storage.put(StorageRig.upload(Array("foreign".utf8)), as: name) == name)
    }

    @Test func `a large file goes in parts that the storage checks`() async throws {
        let storage = storage(parts: true)
        let bytes = StorageRig.bytes(11 << 20)
        let name = storage.location.name("big.mp4")
        var call = ObjectStorage.Call(.post(body: []), name)
        call.query = [("uploads", "")]
        try await storage.good(call)
        #expect(try await storage.partialUploads(storage.location.name("")).map(\.name) == [name])
        _ = try await storage.put(StorageRig.upload(bytes), as: name)
        #expect(try read(name) == bytes)
        #expect(try await storage.partialUploads(storage.location.name("")) == [])
        #expect(try await storage.facts(of: name)?.sha256 == SHA256.hexadecimal(of: bytes))
    }

    @Test func `bytes that are not as announced are refused`() async throws {
        for (parts, count) in [(false, 1000), (true, 7 << 20)] {
            let storage = storage(parts: parts)
            var bytes = StorageRig.bytes(count)
            let hash = SHA256.hexadecimal(of: bytes)
            bytes[500] ^= 1
            let upload = Upload(try .inMemory(bytes), bytes: Int64(count), sha256: hash)
            let found = await fault { () async throws(StorageFault) in
                _ = try await storage.put(upload, as: storage.location.name("a"))
            }
            guard case .changed = found else {
                Issue.record("\(String(describing: found))")
                continue
            }
            #expect(try await storage.list(storage.location.name("")).isEmpty)
            #expect(try await storage.partialUploads(storage.location.name("")).isEmpty)
        }
    }

    @Test func `wrong credentials and a missing bucket are named`() async throws {
        let upload = try StorageRig.upload(StorageRig.bytes(2 << 20))
        for storage in [
            storage(secret: "wrong"), storage(keyID: "nobody:here"), storage(bucket: "no-such-bucket"),
        ] {
            let found = await fault { () async throws(StorageFault) in
                _ = try await storage.put(upload, as: storage.location.name("a"))
            }
            guard case .refused(let words) = found else {
                Issue.record("\(String(describing: found))")
                continue
            }
            #expect(!words.contains("testing"))
        }
    }

    @Test func `a presigned address lets others read until it expires`() async throws {
        let storage = storage()
        let bytes = StorageRig.bytes(1000)
        let name = try await storage.putInput(StorageRig.upload(bytes), fileExtension: "png")
        func status(_ method: HTTPRequest.Method, _ address: String) async throws -> Int {
            try await client.send(HTTPRequest(url: address, method: method)).status
        }
        let address = try storage.presignedAddress(of: name, for: .seconds(600))
        #expect(try await client.send(HTTPRequest(url: address)).body == bytes)
        #expect(try await status(.head, address) == 403)
        let head = try storage.presignedAddress(of: name, for: .seconds(600), method: "HEAD")
        #expect(try await status(.head, head) == 200)
        #expect(try await status(.get, address + "0") == 403)
        let brief = try storage.presignedAddress(of: name, for: .seconds(1))
        try await eventually("the address expires") { try await status(.get, brief) == 403 }
    }

    @Test func `a fetch continues what is there`() async throws {
        let storage = storage()
        let bytes = StorageRig.bytes(300_000)
        let name = try await storage.put(StorageRig.upload(bytes), as: storage.location.name("a"))
        let file = try FileDescriptor.inMemory(Array(bytes.prefix(123_456)))
        let (count, hash) = try await storage.fetch(name, into: file, limit: 1 << 20)
        #expect(count == 300_000)
        #expect(hash == SHA256.hexadecimal(of: bytes))
        #expect(try await storage.fetch(name, into: file, limit: 1 << 20).sha256 == hash)
    }
}
