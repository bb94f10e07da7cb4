import Configuration
import Glibc
import HTTP
import JobModel
import JobStore
import Policy
import Scratch
import ScriptedServer
import System
import Testing

@testable import ObjectStorage
@testable import Worker

/// Input files in object storage, before jobs are claimed.
@Suite @WorkerActor struct InputStorageTests {
    private let scratch = ScratchDirectory()
    private let server = StorageServer()
    private let credentials = Locked(true)

    private func session(_ client: HTTPClient) throws -> WorkerSession {
        var configuration = Configuration()
        configuration.storage.url = "s3://bucket/p"
        let credentials = credentials
        let storage = ObjectStorage(
            StorageLocation(
                root: ObjectName(bucket: "bucket", key: "p"), endpoint: server.url, region: "us-east-1",
                usesPathStyle: true), client: client,
            credentials: { () throws(StorageFault) in
                if credentials.withLock({ !$0 }) { throw .refused("there are no credentials") }
                return StorageCredentials(keyID: "key", secret: "secret")
            })
        return WorkerSession(
            try scratch.jobStore(),
            try scratch.context(SilentService(), configuration, client, storage: storage))
    }

    private func input(_ text: String) throws -> InputFile {
        let input = InputFile(sha256: SHA256.hexadecimal(of: Array(text.utf8)), fileExtension: "bin")
        mkdir(scratch["state"] + "/inputs", 0o700)
        FileOnDisk.write(text, to: scratch["state"] + "/inputs/" + input.name)
        return input
    }

    @Test func `preparations of the same content share one upload`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let preparations = Preparations(session)
        let input = try input("fox")
        await withDiscardingTaskGroup { group in
            for job in 1...6 {
                group.addTask {
                    await preparations.run(Preparation(job: Int64(job), files: [.local(input)], sources: [:]))
                }
            }
        }
        #expect(preparations.results(at: session.now).count == 6)
        #expect(server.requests.count { $0.line.hasPrefix("PUT ") } == 1)
        #expect(server.objects["p/inputs/" + input.name]?.bytes == Array("fox".utf8))
        await client.shutdown()
    }

    @Test func `jobs that ask the storage leave room for others`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let preparations = Preparations(try session(client))
        let object = try #require(ObjectName.named(by: "s3://bucket/fox.png"))
        preparations.begin((1...8).map { Preparation(job: $0, files: [.object(object)], sources: [:]) })
        #expect(preparations.room.storing == 0 && preparations.room.all == 8)
        await client.shutdown()
    }

    @Test func `an address that cannot be signed any more is not sent`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let submissions = Submissions(session, AccountWatch(session))
        server.put("fox.png", .init(Array("fox".utf8)))
        let id = try await session.store.write {
            try $0.enqueue(NewJob(model: "m", input: #"{"image":"s3://bucket/fox.png"}"#)).job.id
        }
        func prepare() async {
            for preparation in submissions.preparations.takeNew() {
                await submissions.preparations.run(preparation)
            }
            submissions.allow()
        }
        #expect(await submissions.claim(at: session.now).isEmpty)
        await prepare()
        credentials.withLock { $0 = false }
        #expect(await submissions.claim(at: session.now).isEmpty)
        #expect(submissions.preparations.busy(at: session.now) == [id], "it is prepared once more")
        credentials.withLock { $0 = true }
        await prepare()
        let claimed = await submissions.claim(at: session.now)
        #expect(claimed.map(\.job.id) == [id])
        #expect(claimed.first?.job.input.contains("/bucket/fox.png?X-Amz-Algorithm=") == true)
        #expect(try await session.store.read { try $0.find(id)?.input.contains("X-Amz") } == false)
        await client.shutdown()
    }

    @Test func `an output in a storage without credentials is tried again later`() async throws {
        let client = try HTTPClient(userAgent: "test")
        let session = try session(client)
        let preparations = Preparations(session)
        var output = Output(jobID: 1, position: 1, kind: .image, url: server.url + "/bucket/gone")
        (output.state, output.object) = (.done, "s3://bucket/p/outputs/1.png")
        (output.path, output.local) = ("1.png", .gone)
        credentials.withLock { $0 = false }
        await preparations.run(Preparation(job: 7, files: [.output(output)], sources: [:]))
        #expect(preparations.results(at: session.now).isEmpty)
        #expect(preparations.busy(at: session.now) == [7])
        credentials.withLock { $0 = true }
        await preparations.run(Preparation(job: 7, files: [.output(output)], sources: [:]))
        #expect(preparations.results(at: session.now)[7] != nil)
        await client.shutdown()
    }

    @Test(arguments: [
        "s3://bucket/a", "s3://bucket/a/b c", "s3://bucket", "s3://bucket/", " s3://bucket/a",
        "a s3://bucket/a",
    ])
    func `a whole text without a blank is an object`(text: String) {
        #expect((ObjectName.named(by: text) != nil) == (text == "s3://bucket/a"))
    }
}
