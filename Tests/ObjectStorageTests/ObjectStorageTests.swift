import HTTP
import JobModel
import ScriptedServer
import System
import Testing

@testable import ObjectStorage

@Suite(.timeLimit(.minutes(10))) struct ObjectStorageTests {
    let rig: StorageRig
    let file = StorageRig.bytes(5000)

    init() throws { rig = try StorageRig() }

    private var server: StorageServer { rig.server }

    @Test func `a file arrives with its hash and its type`() async throws {
        let storage = rig.storage()
        let name = storage.location.name("outputs/000001-1-abc.png")
        #expect(try await storage.put(StorageRig.upload(file), as: name) == name)
        #expect(name.text == "s3://bucket/p/outputs/000001-1-abc.png")
        let object = try #require(server.objects["p/outputs/000001-1-abc.png"])
        #expect(object.bytes == file)
        #expect(object.headers["content-type"] == "image/png")
        #expect(object.headers["x-amz-meta-sha256"] == SHA256.hexadecimal(of: file))
        #expect(try await storage.facts(of: name)?.bytes == 5000)
        #expect(try await storage.sha256(of: name) == SHA256.hexadecimal(of: file))
    }

    @Test func `an empty file arrives`() async throws {
        let storage = rig.storage()
        let name = try await storage.put(StorageRig.upload([]), as: storage.location.name("empty"))
        #expect(server.objects[name.key]?.bytes == [])
    }

    @Test func `a repetition sends nothing`() async throws {
        let storage = rig.storage()
        let name = storage.location.name("a.png")
        for _ in 1...2 { #expect(try await storage.put(StorageRig.upload(file), as: name) == name) }
        #expect(server.requests.count { $0.line.hasPrefix("PUT") } == 1)
    }

    @Test func `a foreign object is never replaced`() async throws {
        let storage = rig.storage()
        let name = storage.location.name("a.png")
        server.put("p/a.png", .init(Array("another".utf8)))
        server.put("p/a-2.png", .init(StorageRig.bytes(4999) + [0]))
        let placed = try await storage.put(StorageRig.upload(file), as: name)
        #expect(placed.key == "p/a-3.png")
        #expect(server.objects["p/a.png"]?.bytes == Array("another".utf8))
        #expect(server.objects["p/a-2.png"]?.bytes.count == 5000)
    }

    @Test func `a foreign object with the same content is taken`() async throws {
        let storage = rig.storage()
        server.put("p/a.png", .init(file))
        let name = storage.location.name("a.png")
        #expect(try await storage.put(StorageRig.upload(file), as: name) == name)
        #expect(server.requests.allSatisfy { !$0.line.hasPrefix("PUT") })
    }

    @Test func `an object that appears meanwhile is not replaced`() async throws {
        let storage = rig.storage()
        let server = server
        server.order { line, number in
            if line.hasPrefix("PUT"), number == 2 { server.put("p/a", .init([1])) }
            return nil
        }
        let found = await fault { () async throws(StorageFault) in
            _ = try await storage.put(
                Upload(try! .inMemory(file), bytes: 5000, sha256: SHA256.hexadecimal(of: file)),
                as: storage.location.name("a"))
        }
        guard case .unavailable = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(server.objects["p/a"]?.bytes == [1])
        // The next try sees it, and takes another name.
        #expect(try await storage.put(StorageRig.upload(file), as: storage.location.name("a")).key == "p/a-2")
    }

    @Test func `a storage without conditions is asked without them`() async throws {
        let storage = rig.storage()
        server.order { line, number in
            line.hasPrefix("PUT") && number == 2
                ? .answer(StorageServer.error("NotImplemented", "501 Not Implemented")) : nil
        }
        for key in ["a", "b"] {
            _ = try await storage.put(StorageRig.upload(file), as: storage.location.name(key))
        }
        let puts = server.requests.filter { $0.line.hasPrefix("PUT") }
        #expect(puts.map { $0.headers["if-none-match"] } == ["*", nil, nil])
    }

    @Test func `what a fault means is told apart`() async throws {
        let storage = rig.storage()
        let name = storage.location.name("a")
        func answer(_ code: String, _ status: String, headers: String = "") async -> StorageFault? {
            let text = StorageServer.error(code, status, headers: headers)
            server.order { _, _ in .answer(text) }
            return await fault { () async throws(StorageFault) in _ = try await storage.list(name) }
        }
        let refusals = [
            ("SignatureDoesNotMatch", "403 Forbidden"), ("InvalidAccessKeyId", "403 Forbidden"),
            ("AccessDenied", "403 Forbidden"), ("RequestTimeTooSkewed", "403 Forbidden"),
            ("NoSuchBucket", "404 Not Found"), ("PermanentRedirect", "301 Moved Permanently"),
            ("ExpiredToken", "400 Bad Request"), ("MethodNotAllowed", "405 Method Not Allowed"),
        ]
        for (code, status) in refusals {
            guard case .refused = await answer(code, status) else {
                Issue.record("\(code)")
                continue
            }
        }
        #expect(
            await answer("SlowDown", "503 Slow Down", headers: "Retry-After: 7\r\n")?.retryAfter
                == .seconds(7))
        for (code, status) in [
            ("InternalError", "500 Internal Server Error"), ("", "502 Bad Gateway"),
            ("RequestTimeout", "400 Bad Request"), ("TooManyRequests", "429 Too Many Requests"),
        ] {
            guard case .unavailable = await answer(code, status) else {
                Issue.record("\(code)")
                continue
            }
        }
        #expect(await answer("BadDigest", "400 Bad Request")?.description.contains("other bytes") == true)
        let skewed = await answer(
            "RequestTimeTooSkewed", "403 Forbidden", headers: "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n")
        #expect(skewed?.description.contains("minutes ahead of the storage's") == true)
        server.order { _, _ in .cut }
        guard
            case .unavailable = await fault({ () async throws(StorageFault) in
                _ = try await storage.list(name)
            })
        else {
            Issue.record("cut")
            return
        }
    }

    @Test func `a file that has changed is not taken for what it was`() async throws {
        let storage = rig.storage()
        for (bytes, whole) in [(file + [1], Int64.max), (file + [1], 1000), (Array(file.dropLast()), .max)] {
            let storage = rig.storage {
                $0.whole = whole
                $0.part = 1000
            }
            let upload = Upload(
                try .inMemory(bytes), bytes: Int64(file.count),
                sha256: SHA256.hexadecimal(of: file.map { ~$0 }))
            let found = await fault { () async throws(StorageFault) in
                _ = try await storage.put(upload, as: storage.location.name("a"))
            }
            guard case .changed = found else {
                Issue.record("\(String(describing: found))")
                continue
            }
        }
        #expect(server.objects.isEmpty)
        #expect(server.openUploads.isEmpty)
        _ = storage
    }

    @Test func `a storage that shows other facts has proven nothing`() async throws {
        let storage = rig.storage()
        let echo = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nx-amz-meta-sha256: 00\r\n\r\n"
        server.order { line, number in line.hasPrefix("HEAD") && number > 1 ? .answer(echo) : nil }
        let upload = try StorageRig.upload(file)
        let found = await fault { () async throws(StorageFault) in
            _ = try await storage.put(upload, as: storage.location.name("a"))
        }
        guard case .unavailable = found else {
            Issue.record("\(String(describing: found))")
            return
        }
    }

    // MARK: - In parts

    private func inParts() -> ObjectStorage {
        rig.storage {
            $0.whole = 4000
            $0.part = 1500
        }
    }

    @Test func `a large file goes in parts and each is tried alone`() async throws {
        let storage = inParts()
        server.order { line, number in
            guard line.hasPrefix("PUT"), line.contains("partNumber=2") else { return nil }
            switch number {
            case 5: return .answer(StorageServer.error("SlowDown", "503 Slow Down"))
            case 6: return .cut
            case 7: return .deaf
            default: return nil
            }
        }
        let name = try await storage.put(StorageRig.upload(file), as: storage.location.name("big.mp4"))
        #expect(server.objects[name.key]?.bytes == file)
        let parts = server.requests.filter { $0.line.contains("partNumber=") }
        #expect(parts.map { $0.line.contains("partNumber=2") }.count { $0 } == 4)
        #expect(parts.count == 7)
        #expect(server.openUploads.isEmpty)
    }

    @Test func `a part that cannot be sent aborts the upload`() async throws {
        let storage = inParts()
        server.order { line, _ in
            line.contains("partNumber=2") ? .answer(StorageServer.error("InternalError", "500 Error")) : nil
        }
        let upload = try StorageRig.upload(file)
        let found = await fault { () async throws(StorageFault) in
            _ = try await storage.put(upload, as: storage.location.name("big"))
        }
        #expect(found != nil)
        #expect(server.openUploads.isEmpty)
        #expect(server.objects.isEmpty)
        #expect(server.requests.count { $0.line.contains("partNumber=2") } == 5)
    }

    @Test func `an end that says 200 and then fails is a failure`() async throws {
        let storage = inParts()
        server.order { line, number in
            line.hasPrefix("POST") && line.contains("uploadId=")
                ? .answer(StorageServer.error("InternalError", "200 OK")) : nil
        }
        let upload = try StorageRig.upload(file)
        let found = await fault { () async throws(StorageFault) in
            _ = try await storage.put(upload, as: storage.location.name("big"))
        }
        guard case .unavailable = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(server.openUploads.isEmpty)
    }

    @Test func `an end whose answer was lost is found by the next try`() async throws {
        let storage = inParts()
        server.order { line, _ in line.hasPrefix("POST") && line.contains("uploadId=") ? .deaf : nil }
        let upload = try StorageRig.upload(file)
        let name = storage.location.name("big")
        #expect(
            await fault { () async throws(StorageFault) in _ = try await storage.put(upload, as: name) }
                != nil)
        server.order { line, _ in line.hasPrefix("POST") ? .cut : nil }
        #expect(try await storage.put(upload, as: name) == name)
    }

    @Test func `what a crash has left of an upload is removed`() async throws {
        let storage = inParts()
        for key in ["p/big", "p/bigger"] {
            var call = ObjectStorage.Call(.post(body: []), ObjectName(bucket: "bucket", key: key))
            call.query = [("uploads", "")]
            try await storage.good(call)
        }
        #expect(server.openUploads == ["p/big", "p/bigger"])
        _ = try await storage.put(StorageRig.upload(file), as: storage.location.name("big"))
        #expect(server.openUploads == ["p/bigger"])
        let left = try await storage.partialUploads(storage.location.name(""))
        #expect(left.map(\.name.key) == ["p/bigger"])
        #expect(left.first?.begun == "2026-01-01T00:00:00.000Z")
        for upload in left { try await storage.abort(upload) }
        #expect(server.openUploads.isEmpty)
    }

    // MARK: - Reading

    @Test func `a fetch continues what is there`() async throws {
        let storage = rig.storage()
        server.put("p/a", .init(file))
        let name = storage.location.name("a")
        for start in [0, 1, 4999, 5000, 6000] {
            let part = try FileDescriptor.inMemory(
                Array((file + [9, 9]).prefix(start)) + (start > 5002 ? [1] : []))
            let (bytes, hash) = try await storage.fetch(name, into: part, limit: 10_000)
            #expect(bytes == 5000)
            #expect(hash == SHA256.hexadecimal(of: file))
            #expect(try part.read(10_000, at: 0) == file)
        }
        #expect(server.requests[1].headers["range"] == "bytes=1-")
    }

    @Test func `what is not there is missing`() async throws {
        let storage = rig.storage()
        let name = storage.location.name("a")
        #expect(try await storage.facts(of: name) == nil)
        try await storage.remove(name)
        let file = try FileDescriptor.inMemory([])
        let found = await fault { () async throws(StorageFault) in
            _ = try await storage.fetch(name, into: file, limit: 10)
        }
        #expect(found == .missing("s3://bucket/p/a"))
    }

    @Test func `a list has every page`() async throws {
        let storage = rig.storage()
        for number in 1...5 { server.put("p/x\(number)", .init(StorageRig.bytes(number))) }
        server.put("q", .init([]))
        let found = try await storage.list(storage.location.name("x"))
        #expect(found.map(\.name.key) == (1...5).map { "p/x\($0)" })
        #expect(found.map(\.bytes) == [1, 2, 3, 4, 5])
        try await storage.remove(found[0].name)
        #expect(server.objects["p/x1"] == nil)
    }

    @Test func `a presigned address can be read and says nothing of the secret`() async throws {
        let storage = rig.storage()
        server.put("p/a b", .init(file))
        let address = try storage.presignedAddress(of: storage.location.name("a b"), for: .seconds(60))
        #expect(!address.contains("secret"))
        #expect(try await rig.client.send(HTTPRequest(url: address)).body == file)
    }
}
