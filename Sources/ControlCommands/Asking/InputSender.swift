internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// Local input files of a store that several machines share: jobctl has them brought into the object storage
/// before the order is stored, since any machine may send the job.
struct InputSender {
    let session: Session
    let store: JobDatabase?

    /// Returns the names of the objects.
    func send(_ files: [InputUpload]) throws -> [ObjectName] {
        let lines = files.map { file in
            JSON.object([
                "do": "put", "file": .string(file.place), "sha256": .string(file.input.sha256),
                "extension": .string(file.input.fileExtension), "media_type": .string(file.mediaType),
            ]).text
        }
        let question = try DaemonQuestion("storage", session, asDaemon: true, in: store)
        let answers = try question.answers(
            about: lines, orElse: "local files were not uploaded; nothing was enqueued")
        guard answers.count == files.count else { throw Failure(.bug, "jobd gave an unexpected answer") }
        return try answers.map { answer in
            if let object = answer["object"]?.string.flatMap(ObjectName.init) { return object }
            let fault = answer["fault"]?.string ?? "jobd gave an unexpected answer"
            throw Failure(
                .unavailable,
                "a local file cannot be uploaded: \(SafeText.escape(fault)); nothing was enqueued",
                hint: "jobctl doctor --online tries the storage")
        }
    }
}
