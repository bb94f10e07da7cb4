internal import CommandLineTool
internal import JSON
internal import Startup

/// Runs verbs of `jobctl` for a program: what a verb would print under `--json`, as values.
struct VerbCall {
    let environment: [String: String]
    /// The options of this command line that other verbs take too, by name.
    let options: [(name: String, value: String)]

    init(_ session: Session) {
        environment = session.environment
        let passed: [Option] = [.stateDirectory] + Session.configurationOptions
        options = passed.flatMap { option in
            session.arguments.values(option).map { (option.name, $0) }
        }
    }

    /// What a verb has answered.
    struct Answer {
        var code = ExitCode.success
        /// Why it ended early; it may have answered in part.
        var failure: Failure?
        var objects: [JSON] = []
        /// What it told the person.
        var notes: [String] = []
        /// What could not be done to one of several jobs.
        var refusals: [JSON] = []

        /// Throws why it ended early.
        func require() throws -> Answer {
            if let failure { throw failure }
            return self
        }
    }

    /// A session of a verb that nobody sees.
    ///
    /// - Parameters:
    ///   - words: options, each in one word: `--label=x`.
    ///   - operands: never taken for options.
    func session(
        _ verb: any ControlVerb.Type, _ words: [String], operands: [String] = [], record: ScreenRecord
    ) throws -> Session {
        let known = Set((verb.command.options + ControlProgram.commonOptions).map(\.name))
        let shared = options.filter { known.contains($0.name) }.map { "--\($0.name)=\($0.value)" }
        return try Session(
            verb, words: shared + ["--json"] + words + ["--"] + operands, environment,
            Screen(record: record))
    }

    /// Runs a verb as it is typed.
    func run(_ verb: any ControlVerb.Type, _ words: [String], operands: [String] = []) -> Answer {
        run(verb, words, operands: operands) { try verb.run($0) }
    }

    /// Runs something else with a verb's session.
    func run(
        _ verb: any ControlVerb.Type, _ words: [String], operands: [String] = [],
        _ body: (Session) throws -> ExitCode
    ) -> Answer {
        let record = ScreenRecord()
        var answer = Answer()
        do {
            let session = try session(verb, words, operands: operands, record: record)
            answer.code = try body(session)
            try session.screen.finish()
        } catch {
            let failure = Failure(of: error)
            (answer.failure, answer.code) = (failure, failure.code)
        }
        answer.objects = record.output.split(separator: 0x0A).compactMap { try? JSON(parsing: Array($0)) }
        for message in record.messages {
            // Under --json, a refusal is an object; everything else is for a person.
            if let refusal = (try? JSON(parsing: message))?["error"] {
                answer.refusals.append(refusal)
            } else {
                answer.notes.append(message)
            }
        }
        return answer
    }
}
