internal import CommandLineTool
internal import Configuration
internal import JSON

/// The object storage, if there is one. Only jobd talks to it.
struct StorageChecks {
    let session: Session
    let configuration: Configuration

    func all() -> [Diagnosis] {
        guard let url = configuration.storage.url else { return [] }
        let place = url + (configuration.storage.endpoint.map { " at \($0)" } ?? "")
        let use = "outputs: \(configuration.storage.outputs.rawValue)"
        guard session.arguments.has(.online) else {
            return [.ok("storage", "\(place); \(use); use --online to try it")]
        }
        do {
            let question = JSON.object(["do": "check"]).text
            let answer = try DaemonQuestion("storage", session, asDaemon: true).answers(
                about: [question], orElse: "not asked"
            ).first
            if let detail = answer?["detail"]?.string { return [.ok("storage", "\(place): \(detail)")] }
            let fault = answer?["fault"]?.string ?? "jobd gave an unexpected answer"
            return [
                .fault(
                    "storage", "\(place): \(fault)",
                    "docs/configuration.md says which credentials and rights it needs")
            ]
        } catch {
            let failure = error as? Failure
            return [.warning("storage", failure?.message ?? "\(error)", failure?.hint)]
        }
    }
}
