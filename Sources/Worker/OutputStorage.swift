internal import Configuration
internal import Downloader
internal import JobModel
internal import ObjectStorage
internal import Outputs
internal import Policy
internal import System

/// Puts finished files into the object storage, if the configuration says so.
extension OutputFetch {
    /// The output counts as fetched only once its file is in the storage, too. What cannot be uploaded is
    /// found on this machine by the next try.
    func stored(_ fetched: Fetched) async -> Outcome {
        let (storage, mode) = (fetcher.context.storage, fetcher.context.configuration.storage.outputs)
        guard let storage, mode != .none else { return .fetched(fetched) }
        var fetched = fetched
        switch await upload(fetched.output, to: storage) {
        case .success(let name):
            fetched.output.object = name.text
            fetched.output.local = mode == .move ? .leaving : nil
            return .fetched(fetched)
        case nil, .failure(.cancelled): return .cancelled
        case .failure(let fault):
            let words = "the file is here, but cannot be uploaded: \(fault)"
            return .failed(
                Failure(kind: .trouble, words: words, trouble: .storage, retryAfter: fault.retryAfter))
        }
    }

    private func upload(_ output: Output, to storage: ObjectStorage) async
        -> Result<ObjectName, StorageFault>?
    {
        let places = fetcher.context.outputs
        return try? await fetcher.uploads.use { _ in
            do throws(StorageFault) {
                guard let path = output.path, let bytes = output.bytes, let hash = output.sha256 else {
                    throw .changed("the record of the file is not complete")
                }
                let file: FileDescriptor
                do throws(SystemError) { file = try places.file(path).open() } catch {
                    throw .changed("the file cannot be read: \(error)")
                }
                var upload = Upload(file, bytes: bytes, sha256: hash, mediaType: output.mediaType)
                upload.request = job.requestID
                let name = storage.location.name(Self.objectPath(of: output, hash, path))
                let given = try await storage.put(upload, as: name)
                if given != name {
                    fetcher.context.log.warning(
                        "job \(job.id) output \(output.position): another object has the name \(name.text), "
                            + "so this one is \(given.text)")
                }
                return .success(given)
            } catch { return .failure(error) }
        }
    }

    /// Job, position and content are in the name, so that it never comes to mean something else.
    private static func objectPath(of output: Output, _ hash: String, _ path: String) -> String {
        let name = PathParts(path).name
        let dot = name.lastIndex(of: ".")
        let suffix = dot.map { String(name[$0...]) } ?? ""
        return "\(objectPrefix(of: output))\(hash.prefix(12))\(suffix)"
    }

    private static func objectPrefix(of output: Output) -> String {
        "outputs/\(JobFileName.digits(of: output.jobID))-\(output.position)-"
    }

    /// An output that RunComfy no longer serves may be in the storage: after a restore, or if its file was
    /// lost here. Nil unless the record or the object says that it is this one.
    func found(after failure: DownloadFailure) async -> Fetched? {
        let context = fetcher.context
        guard case .badAnswer = failure, let storage = context.storage,
            context.configuration.storage.outputs != .none,
            let objects = try? await storage.list(storage.location.name(Self.objectPrefix(of: output)))
        else { return nil }
        for (name, _) in objects {
            guard let facts = try? await storage.facts(of: name), let hash = facts.sha256,
                name.key.contains("-\(hash.prefix(12))"),
                hash == output.sha256 || (facts.request != nil && facts.request == job.requestID)
            else { continue }
            var done = output
            done.path = output.path ?? PathParts(name.key).name
            (done.bytes, done.sha256, done.mediaType) = (facts.bytes, hash, facts.mediaType)
            (done.object, done.local) = (name.text, .gone)
            context.log.info(
                "job \(job.id) output \(output.position): taken from \(name.text), as \(failure)")
            return Fetched(output: done)
        }
        return nil
    }
}
