internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobStore

/// `jobctl models import`: stores the schemas of a file, all of them or none.
enum ModelImport {
    static func run(_ path: String, _ session: Session) throws -> ExitCode {
        let found: [(model: String, document: String)]
        do {
            let document = try JSON(parsing: try InputReader(path).all())
            found = try (document["models"]?.array ?? [document]).map { entry in
                guard let model = entry["model_id"]?.string else {
                    throw Failure(.inputRefused, "\"model_id\" is missing")
                }
                guard ModelID.isSound(model) else {
                    throw Failure(.inputRefused, "\"\(SafeText.escape(model))\" is not a model id")
                }
                _ = try Schema(modelID: model, document: entry)
                return (model, entry.text)
            }
        } catch let error as JSONError {
            throw Failure(.inputRefused, SafeText.escape("\(path) is malformed JSON: \(error)"))
        } catch let error as SchemaError {
            throw Failure(.inputRefused, SafeText.escape("\(path) contains no schema: \(error)"))
        }
        let store = try session.store(.create)
        try store.store(models: found)
        session.wake(store.directory)
        for (model, _) in found {
            if session.wantsJSON {
                try session.emit(.object(["model": .string(model), "stored": .bool(true)]))
            } else {
                try session.screen.write(model + "\n")
            }
        }
        return .success
    }
}
