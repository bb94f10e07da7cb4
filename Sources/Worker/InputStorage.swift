internal import Configuration
internal import Inputs
internal import JobModel
internal import ObjectStorage
internal import Outputs
internal import Policy
internal import System

/// Brings local files into the object storage, each content once, and looks for objects that inputs name.
/// What is sent of either is an address that is signed when the job is claimed.
@WorkerActor
final class InputStorage {
    /// What is known to be there, and which preparations wait for an upload of the same content.
    private var uploads: [Place: Known] = [:]
    private let session: WorkerSession

    private struct Place: Hashable {
        let input: InputFile
        let location: StorageLocation
    }

    private struct Known {
        var waiting: [CheckedContinuation<Result<ObjectName, StorageFault>, Never>] = []
        /// Nil while it is under way.
        var done: (name: ObjectName, at: Moment)?
    }

    /// After a minute, the storage is asked again: a person or a rule may have removed the object.
    private static let keeps: Moment = 60_000

    init(_ session: WorkerSession) { self.session = session }

    /// Uploads the copy of a local file, unless its content is there. The copy has been checked just before.
    func sent(_ input: InputFile, _ mediaType: String) async throws(StorageFault) -> SentFile {
        let storage = try storage()
        return presigned(try await object(for: input, mediaType, in: storage), in: storage)
    }

    /// Looks for an object that a person has put there; nil if there is none.
    func sent(_ name: ObjectName) async throws(StorageFault) -> SentFile? {
        let storage = try storage()
        return try await storage.facts(of: name).map { _ in presigned(name, in: storage) }
    }

    private func storage() throws(StorageFault) -> ObjectStorage {
        guard let storage = session.context.storage else {
            throw .refused("no object storage is configured: set storage.url, then reload jobd")
        }
        return storage
    }

    private func presigned(_ name: ObjectName, in storage: ObjectStorage) -> SentFile {
        .presigned(name, in: storage, for: session.context.configuration.storage.presign)
    }

    private func object(
        for input: InputFile, _ mediaType: String, in storage: ObjectStorage
    ) async throws(StorageFault) -> ObjectName {
        let place = Place(input: input, location: storage.location)
        if let upload = uploads[place] {
            guard let done = upload.done else {
                return try await withCheckedContinuation { uploads[place]?.waiting.append($0) }.get()
            }
            if session.now - done.at < Self.keeps { return done.name }
        }
        uploads = uploads.filter { $1.done.map { session.now - $0.at < Self.keeps } ?? true }
        uploads[place] = Known()
        let result = await put(input, mediaType, in: storage)
        let waiting = uploads.removeValue(forKey: place)?.waiting ?? []
        if case .success(let name) = result {
            uploads[place] = Known(done: (name, session.now))
        }
        for continuation in waiting { continuation.resume(returning: result) }
        return try result.get()
    }

    private func put(
        _ input: InputFile, _ mediaType: String, in storage: ObjectStorage
    ) async -> Result<ObjectName, StorageFault> {
        do throws(StorageFault) {
            let (file, bytes): (FileDescriptor, Int64)
            do throws(SystemError) {
                file = try session.context.inputs.file(input).open()
                bytes = try file.status().size
            } catch { throw .changed("inputs/\(input.name) cannot be read: \(error)") }
            let upload = Upload(file, bytes: bytes, sha256: input.sha256, mediaType: mediaType)
            return .success(try await storage.putInput(upload, fileExtension: input.fileExtension))
        } catch { return .failure(error) }
    }
}

extension SentFile {
    /// The address of an object, signed anew for each request that names it.
    static func presigned(_ name: ObjectName, in storage: ObjectStorage, for validity: Duration) -> SentFile {
        .presigned { () throws(StorageFault) in try storage.presignedAddress(of: name, for: validity) }
    }
}
