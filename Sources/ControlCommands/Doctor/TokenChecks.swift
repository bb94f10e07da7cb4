internal import CLinux
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Startup

/// Where the token comes from; and when asked, what RunComfy says to it.
struct TokenChecks {
    let session: Session
    let directory: StateDirectory
    let configuration: Configuration

    func all() -> [Diagnosis] {
        // The token is in the memory from here on; no other verb looks for it.
        linux_keep_memory_secret()
        let environment = Environment.values(of: TokenSource.variables + ["CREDENTIALS_DIRECTORY"])
        let found: TokenSource.Token?
        do throws(Failure) {
            found = try TokenSource(environment: environment, configuration: configuration).find()
        } catch {
            // What is another's to read, jobd may well be able to.
            return directory.isOwnersCall
                ? [.fault("token", error.message, error.hint)]
                : [.warning("token", "\(error.message), which jobd may be able to", error.hint)]
        }
        guard let found else { return [absent()] }
        let wantsBalance = session.arguments.has(.balance)
        guard wantsBalance || session.arguments.has(.online) else {
            return [.ok("token", "from \(found.origin); whether the API takes it was not asked (--online)")]
        }
        return [ask("token", "from \(found.origin); ")] + (wantsBalance ? [ask("balance", "")] : [])
    }

    /// A systemd credential is seen by jobd alone.
    private func absent() -> Diagnosis {
        if session.isDaemonRunning(directory) {
            let pauses = try? session.storeIfAny()?.pauses()
            if let pauses, !pauses.contains(where: { $0.reason == .token }) {
                return .ok("token", "none that can be seen from here; the running jobd has one")
            }
        }
        let hint = "set token_file or $RUNCOMFY_TOKEN, or the unit's credential \"token\""
        return directory.path == "/var/lib/jobd"
            ? .warning("token", "none that can be seen from here", hint)
            : .fault("token", "there is none", hint)
    }

    private func ask(_ what: String, _ prefix: String) -> Diagnosis {
        do {
            guard
                let json = try DaemonQuestion(what, session).answers(orElse: "not asked").first,
                let detail = json["detail"]?.string,
                let verdict = json["verdict"]?.string.flatMap(Diagnosis.Verdict.init)
            else { throw Failure(.bug, "jobd answered with something else") }
            return Diagnosis(
                subject: what, verdict: verdict, detail: prefix + detail, hint: json["hint"]?.string)
        } catch {
            let failure = error as? Failure
            return .warning(what, prefix + (failure?.message ?? "\(error)"), failure?.hint)
        }
    }
}
