internal import CommandLineTool
internal import JSON
internal import JobModel
internal import Outputs
internal import System

/// Outputs whose files are in the object storage, which jobctl has jobd ask.
struct StorageReader {
    let session: Session

    /// How an object differs from its record; nil if it does not. In the order of the outputs.
    func faults(of outputs: [Output]) throws -> [FileFault?] {
        let lines = outputs.map { output in
            JSON.object(["do": "facts", "object": .optional(output.object)]).text
        }
        let answers = try DaemonQuestion("storage", session, asDaemon: true).answers(
            about: lines, orElse: "the storage was not asked")
        guard answers.count == outputs.count else { throw Failure(.bug, "jobd gave an unexpected answer") }
        return zip(outputs, answers).map { output, answer in
            if answer["missing"]?.bool == true { return .missing }
            if let fault = answer["fault"]?.string { return .unreadable(fault) }
            if let bytes = answer["bytes"]?.integer, bytes != output.bytes {
                return .changed("the object has \(bytes) bytes, not \(output.bytes ?? 0)")
            }
            if let hash = answer["sha256"]?.string, hash != output.sha256 {
                return .changed("the object's content has changed (sha256)")
            }
            return nil
        }
    }

    /// The content of an object as an open file without a name; nil if it cannot be had as it is on record.
    func open(_ output: Output) -> FileDescriptor? {
        let prefix = (session.environment["TMPDIR"].flatMap { $0 == "" ? nil : $0 } ?? "/tmp") + "/jobctl"
        guard let temporary = try? TemporaryFile("object", directoryPrefix: prefix) else { return nil }
        defer { temporary.remove() }
        let line = JSON.object([
            "do": "fetch", "object": .optional(output.object), "to": .string(temporary.path),
        ])
        let answers = try? DaemonQuestion("storage", session, asDaemon: true).answers(
            about: [line.text], orElse: "the storage was not asked")
        guard answers?.first?["sha256"]?.string == output.sha256, output.sha256 != nil else {
            if let fault = answers?.first?["fault"]?.string {
                session.note("note: \(output.object ?? ""): \(SafeText.escape(fault))")
            }
            return nil
        }
        return temporary.file
    }
}
