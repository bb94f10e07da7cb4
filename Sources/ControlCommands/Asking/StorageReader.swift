internal import CommandLineTool
internal import JSON
internal import JobModel
internal import Outputs
internal import System

/// Outputs whose files are in the object storage, which jobctl has jobd ask.
final class StorageReader {
    private let session: Session
    /// Why the storage cannot be used. It is not asked again for each further file.
    private var outage: Failure?

    init(session: Session) { self.session = session }

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

    /// The content of an object as an open file without a name; nil if the object is gone, or not what is on
    /// record. Throws if the storage cannot be used.
    func content(of output: Output) throws(Failure) -> FileDescriptor? {
        if let outage { throw outage }
        do { return try fetch(output) } catch {
            let failure = error as? Failure ?? Failure(.unavailable, "the storage was not asked: \(error)")
            outage = failure
            throw failure
        }
    }

    private func fetch(_ output: Output) throws -> FileDescriptor? {
        let temporary: TemporaryFile
        do throws(SystemError) {
            temporary = try TemporaryFile("object", directoryPrefix: "\(session.temporaryFolder)/jobctl")
        } catch { throw Failure(.inputOutput, "cannot make a temporary file: \(error)") }
        defer { temporary.remove() }
        let line = JSON.object([
            "do": "fetch", "object": .optional(output.object), "to": .string(temporary.path),
        ])
        let answer = try DaemonQuestion("storage", session, asDaemon: true).answers(
            about: [line.text], orElse: "the storage was not asked"
        ).first
        if let fault = answer?["fault"]?.string, answer?["missing"]?.bool != true {
            throw Failure(
                .unavailable,
                "\(SafeText.escape(output.object ?? "")) cannot be fetched: \(SafeText.escape(fault))",
                hint: "jobctl doctor --online tries the storage")
        }
        guard let hash = answer?["sha256"]?.string, hash == output.sha256 else { return nil }
        return temporary.file
    }
}
