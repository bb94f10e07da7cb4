internal import CLinux
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Startup

/// Where the token comes from and, if asked for, what RunComfy says about it.
struct TokenChecks {
    let session: Session
    let directory: StateDirectory
    let configuration: Configuration
    let store: JobDatabase?

    func all() -> [Diagnosis] {
        // From here on the token is in memory. No other verb reads it.
        linux_keep_memory_secret()
        let environment = Environment.values(of: TokenSource.variables + ["CREDENTIALS_DIRECTORY"])
        let found: TokenSource.Token?
        do throws(Failure) {
            found = try TokenSource(environment: environment, configuration: configuration).find()
        } catch {
            // jobd may be able to read a file that only its own user may read.
            return directory.isOwnersCall
                ? [.fault("token", error.message, error.hint)]
                : [.warning("token", "\(error.message); jobd may be able to read it", error.hint)]
        }
        guard let found else { return [absent()] }
        let wantsBalance = session.arguments.has(.balance)
        guard wantsBalance || session.arguments.has(.online) else {
            return [.ok("token", "from \(found.origin); use --online to ask whether the API accepts it")]
        }
        return [ask("token", "from \(found.origin); ")] + (wantsBalance ? [ask("balance", "")] : [])
    }

    /// Only jobd can see a systemd credential.
    private func absent() -> Diagnosis {
        if let store, session.isDaemonRunning(store) {
            let pauses = try? store.pauses()
            if let pauses, !pauses.contains(where: { $0.reason == .token }) {
                return .ok("token", "none is visible here, but the running jobd has one")
            }
        }
        let hint = "set token_file or $RUNCOMFY_TOKEN, or the unit's credential \"token\""
        return directory.path == "/var/lib/jobd" || directory.sharedStore != nil
            ? .warning("token", "none is visible here", hint)
            : .fault("token", "none", hint)
    }

    private func ask(_ what: String, _ prefix: String) -> Diagnosis {
        do {
            guard
                let json = try DaemonQuestion(what, session).answers(orElse: "not asked").first,
                let detail = json["detail"]?.string,
                let verdict = json["verdict"]?.string.flatMap(Diagnosis.Verdict.init)
            else { throw Failure(.bug, "jobd gave an unexpected answer") }
            return Diagnosis(
                subject: what, verdict: verdict, detail: prefix + detail, hint: json["hint"]?.string)
        } catch {
            let failure = error as? Failure
            return .warning(what, prefix + (failure?.message ?? "\(error)"), failure?.hint)
        }
    }
}
