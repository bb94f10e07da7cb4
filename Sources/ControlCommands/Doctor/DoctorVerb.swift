internal import CLinux
internal import CommandLineTool
internal import Configuration
internal import JobModel
internal import JobStore
internal import Startup

enum DoctorVerb: ControlVerb {
    static let command = Command(
        "doctor", "check everything that jobd needs, and say what to do",
        discussion: [
            "One line for each check: ok, warning or fault. If there is a fault, the exit code is 1.",
            """
            It stays on this machine, unless you ask for more: --online asks RunComfy whether it accepts the \
            token, and writes, reads and removes a small object in the object storage; --balance also asks \
            what is left on the account. jobd makes these calls, and must be \
            installed beside jobctl. The balance is asked at \(balanceHost), which is not the API's host, or \
            at the API itself if that is on loopback.
            """,
        ],
        options: [.online, .balance] + DaemonQuestion.options,
        examples: [
            .init("jobctl doctor", "check everything"),
            .init("jobctl doctor --balance", "also the token and the money"),
            .init("jobctl doctor --json | jq -r 'select(.verdict == \"fault\").hint'", "what to do"),
        ])

    private static let balanceHost = "api.runcomfy.net"

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else { throw Failure.usage("doctor takes no operands") }
        var worst = ExitCode.success
        func tell(_ diagnoses: [Diagnosis]) throws {
            for diagnosis in diagnoses {
                if diagnosis.verdict == .fault { worst = .no }
                if session.wantsJSON {
                    try session.emit(diagnosis.json)
                } else if !session.isQuiet || diagnosis.verdict != .ok {
                    try diagnosis.show(on: session.screen)
                }
            }
            try session.screen.flush()
        }
        let directory: StateDirectory
        do { directory = try session.directory() } catch let error as StoreError {
            try tell([.fault("state", "\(error)", error.hint)])
            return worst
        }
        let store = DatabaseChecks(directory: directory)
        let (configuration, reading) = read(session, directory, store.database)
        try tell([reading])
        try tell(StateDirectoryChecks(directory: directory, configuration: configuration).all())
        try tell(store.all())
        try tell(ProcessChecks(directory: directory, store: store.database).all())
        try tell(BudgetChecks(configuration: configuration, store: store.database).all())
        try tell([clock(store.database)])
        try tell(
            TokenChecks(
                session: session, directory: directory, configuration: configuration, store: store.database
            ).all())
        try tell(StorageChecks(session: session, configuration: configuration).all())
        return worst
    }

    /// Whether the time can be right: TLS needs it, and the history depends on it.
    private static func clock(_ store: JobDatabase?) -> Diagnosis {
        let now = Timestamp.now
        let words = "\(TimeText.local(now.milliseconds)) here, \(now) UTC"
        guard let earliest = Timestamp(year: 2026, month: 1, day: 1), now > earliest else {
            return .fault("clock", "\(words): that is in the past", "set the clock: timedatectl set-ntp true")
        }
        if let newest = try? store?.newestMoment(), newest > now + .seconds(300) {
            return .fault(
                "clock", "\(words): the newest entry of the history is of \(newest)",
                "the clock was ahead, or is behind now: timedatectl set-ntp true")
        }
        return linux_clock_is_kept() == 0
            ? .warning("clock", "\(words); nothing synchronizes it", "timedatectl set-ntp true")
            : .ok("clock", words)
    }

    private static func read(
        _ session: Session, _ directory: StateDirectory, _ store: JobDatabase?
    ) -> (Configuration, Diagnosis) {
        do {
            if let (told, daemon) = try session.toldConfiguration(store) {
                return (told, .ok("configuration", "that of \(daemon.place), as the store has it"))
            }
            let file = try session.daemonConfigurationFile()
            let configuration = try file.read()
            let source = "\(file.place.path) (\(file.place.origin))"
            let set =
                file.assignments.isEmpty
                ? "" : ", and \(NumberText.of(Int64(file.assignments.count), "key")) by --set"
            let owner =
                StateLock.daemon(of: directory) != nil && !session.namesConfiguration
                ? (try session.daemonArguments() == nil
                    ? "; the running jobd may use another: name it with --config" : ", of the running jobd")
                : ""
            return (
                configuration,
                .ok("configuration", (file.isThere ? source : "no file \(source)") + set + owner)
            )
        } catch {
            let failure = Failure(error)
            return (
                Configuration(),
                .fault(
                    "configuration", failure.message, failure.hint ?? "docs/configuration.md lists the keys")
            )
        }
    }
}
