internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

enum VerifyVerb: ControlVerb {
    static let command = Command(
        "verify", "compare the files with the record", operands: "[ID… | --state STATE | …]",
        discussion: [
            """
            Reads every file that the record calls done, and compares its size and its SHA-256. Of files \
            that were moved to object storage, it asks the storage for these two. Reports \
            files that are missing, changed or unreadable, and ends with 1 if there is one. Unless jobs are \
            chosen, it also reports foreign files: those in the outputs directory that belong to no job. \
            They are no damage. --foreign lists only these, and reads no file; \
            jobctl prune --foreign removes those that jobd made.
            """,
            """
            Unless jobs are chosen, the sums by which budgets go are also compared with all charges. A sum \
            that differs is damage; --repair adds the charges up again.
            """,
            """
            --repair has damaged files fetched again while the service still has them, from the request that \
            was paid for: nothing is bought. The job is downloading again until jobd has fetched them, and \
            fails if that is impossible. A changed file is kept beside the new one, as NAME.damaged.
            """,
            """
            The copies of local input files, in inputs/, are read too: those that jobs need. --repair copies \
            them again if the original is still where it was.
            """,
        ],
        options: JobChoice.options + [
            .sample, .repair, .foreign.saying("only list files that belong to no job"),
        ] + DaemonQuestion.options,
        examples: [
            .init("jobctl verify", "all files"),
            .init("jobctl verify --sample 5%", "some of them, for a timer"),
            .init("jobctl verify --since 7d --repair", "the last week's files; fetch damaged ones again"),
            .init("jobctl verify --foreign", "files of no job, and where they come from"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let repairs = session.arguments.has(.repair)
        let sample = try Sample(session.arguments.value(.sample))
        let store = try session.store(repairs ? .write : .read)
        var verification = try Verification(session, store, repairs: repairs)
        let choice = try JobChoice(session, store)
        if session.arguments.has(.foreign) {
            guard choice.isEverything, sample == .all, !repairs else {
                throw Failure.usage(
                    "--foreign is about files of no job", hint: "give it alone: jobctl verify --foreign")
            }
            try verification.lookForForeignFiles()
            return try verification.finishForeign()
        }
        try verification.checkFiles(of: choice, sample)
        if choice.isEverything {
            try verification.checkSums()
            try verification.lookForForeignFiles()
        }
        return try verification.finish()
    }
}

/// How many of all files are read: `--sample 100`, or `--sample 5%`.
enum Sample: Equatable {
    case all
    case count(Int64)
    case percent(Double)

    init(_ text: String?) throws(Failure) {
        guard let text else {
            self = .all
            return
        }
        if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 {
            self = .percent(percent)
        } else if let count = Int64(text), count > 0 {
            self = .count(count)
        } else {
            throw .usage(
                "--sample takes a number of files or a share, not \"\(SafeText.escape(text))\"",
                hint: "write 100 or 5%")
        }
    }

    func size(of total: Int64) -> Int64 {
        switch self {
        case .all: total
        case .count(let count): min(count, total)
        case .percent(let percent): min(total, Int64((Double(total) * percent / 100).rounded(.up)))
        }
    }
}
