import HTTP
import JobModel
import Scratch
import ScriptedServer
import System

@testable import ObjectStorage

/// A storage with a file to put there.
struct StorageRig {
    let server = StorageServer()
    let client: HTTPClient

    init() throws { client = try HTTPClient(userAgent: "jobd/1.2") }

    func storage(
        prefix: String = "/p", _ change: (inout ObjectStorage.Limits) -> Void = { _ in }
    ) -> ObjectStorage {
        var limits = ObjectStorage.Limits()
        change(&limits)
        return ObjectStorage(
            StorageLocation(
                root: ObjectName("s3://bucket" + prefix) ?? ObjectName(bucket: "", key: ""),
                endpoint: server.url, region: "us-east-1", usesPathStyle: true), client: client,
            limits: limits,
            credentials: { StorageCredentials(keyID: "key", secret: "secret") }, delay: { _ in .zero })
    }

    static func upload(_ bytes: [UInt8]) throws -> Upload {
        Upload(
            try FileDescriptor.inMemory(bytes), bytes: Int64(bytes.count),
            sha256: SHA256.hexadecimal(of: bytes), mediaType: "image/png")
    }

    static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 >> 8) }
    }
}

/// The fault that a call ends with; nil if it succeeds.
func fault(_ body: () async throws(StorageFault) -> Void) async -> StorageFault? {
    do throws(StorageFault) { try await body() } catch { return error }
    return nil
}
