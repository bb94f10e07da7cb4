internal import CFile
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobStore
internal import Startup

/// Where the token comes from; and when asked, what RunComfy says to it.
struct TokenChecks {
    let session: Session
    let directory: StateDirectory
    let configuration: Configuration

    func all() -> [Diagnosis] {
        // The token is in the memory from here on; no other verb looks for it.
        cfile_keep_memory_secret()
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
        let wantsBalance = session.arguments.has("balance")
        guard wantsBalance || session.arguments.has("online") else {
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

    /// Has jobd ask: it alone speaks to the network.
    private func ask(_ what: String, _ prefix: String) -> Diagnosis {
        var words = [ProgramOutput.sibling("jobd"), "--ask", what, "--state-dir", directory.path]
        for name in ["config", "api-url"] {
            if let value = session.arguments.value(name) { words += ["--" + name, value] }
        }
        for value in session.arguments.values("set") { words += ["--set", value] }
        guard let answer = ProgramOutput.of(words), let json = try? JSON(parsing: answer.output),
            let detail = json["detail"]?.string,
            let verdict = json["verdict"]?.string.flatMap(Diagnosis.Verdict.init)
        else {
            return .warning(
                what, "\(prefix)\(words[0]) could not be run to ask", "install jobd beside jobctl")
        }
        return Diagnosis(
            subject: what, verdict: verdict, detail: prefix + detail, hint: json["hint"]?.string)
    }
}
