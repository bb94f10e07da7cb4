internal import CommandLineTool
internal import Configuration
internal import JobStore
internal import Startup

enum DoctorVerb: ControlVerb {
    static let command = Command(
        "doctor", "look after everything that jobd needs, and say what to do",
        discussion: [
            "One line for each thing: ok, warning or fault. Ends with 1 where there is a fault.",
            "It asks nobody outside of this machine, but with --online RunComfy whether it takes the token, and with "
                + "--balance what is left on the account. jobd makes these calls for it, which must be installed beside "
                + "jobctl. The balance is asked of \(balanceHost), which is not the API's host; where the API is on "
                + "loopback, it is asked there.",
        ],
        options: [
            .online,
            .balance,
        ] + DaemonQuestion.options,
        examples: [
            .init("jobctl doctor", "how things stand"),
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
        let (configuration, reading) = read(session, directory)
        try tell([reading])
        try tell(PlaceChecks(directory: directory, configuration: configuration).all())
        let store = DatabaseChecks(directory: directory)
        try tell(store.all())
        try tell(ProcessChecks(directory: directory, store: store.database).all())
        try tell([ClockCheck(store: store.database).look()])
        try tell(TokenChecks(session: session, directory: directory, configuration: configuration).all())
        return worst
    }

    private static func read(_ session: Session, _ directory: StateDirectory) -> (Configuration, Diagnosis) {
        let file = ConfigurationFile(
            arguments: session.arguments, environment: session.environment, directory: directory)
        let place = "\(file.place.path) (\(file.place.origin))"
        do throws(Failure) {
            let configuration = try file.read()
            return (configuration, .ok("configuration", file.isThere ? place : "none; \(place) is not there"))
        } catch {
            return (
                Configuration(),
                .fault("configuration", error.message, error.hint ?? "docs/configuration.md lists the keys")
            )
        }
    }
}
