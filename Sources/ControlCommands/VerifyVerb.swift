internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum VerifyVerb: ControlVerb {
    static let command = Command(
        "verify", "hold the files against the record", operands: "[ID… | --state STATE | …]",
        discussion: [
            "Reads every file that the record calls done, and compares its size and its SHA-256. Names files that are "
                + "missing, changed or unreadable, and ends with 1 where there is one. Without a choice of jobs it also "
                + "names foreign files: those in the outputs directory that no job has. They are no damage.",
            "--repair has damaged files fetched again while the service still has them, from the request that was paid "
                + "for: nothing is bought. The job is downloading again until jobd has done it, and fails if it "
                + "cannot be done. A changed file is kept beside the new one, as NAME.damaged.",
        ],
        options: JobChoice.options + [
            .sample,
            .repair,
        ] + Session.configurationOptions,
        examples: [
            .init("jobctl verify", "all files"),
            .init("jobctl verify --sample 5%", "some of them, for a timer"),
            .init("jobctl verify --since 7d --repair", "the last week's, and fetch again what is damaged"),
            .init("jobctl verify --json | jq -r 'select(.kind == \"foreign\").path'", "what is no job's"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let repairs = session.arguments.has(.repair)
        let sampling = try Sampling(session.arguments.value(.sample))
        let store = try session.store(repairs ? .write : .read)
        var verification = Verification(
            session: session, store: store, places: try session.outputPlaces(), repairs: repairs)
        let choice = try JobChoice(session, store)
        try verification.checkFiles(of: choice, sampling)
        if choice.isEverything { try verification.lookForForeignFiles() }
        return try verification.finish()
    }
}
