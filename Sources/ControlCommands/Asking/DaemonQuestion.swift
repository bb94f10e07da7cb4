internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobStore
internal import Startup
internal import System

/// A question that jobctl has jobd answer, since only jobd uses the network and knows the token.
struct DaemonQuestion {
    /// Options of the verbs that ask, which are passed on to jobd.
    static let options: [Option] = [.apiURL] + ConfigurationFile.options

    private let words: [String]

    /// - Parameters:
    ///   - asDaemon: with the options of the running jobd, unless this command names others.
    ///   - store: if several machines share it, the settings of the object storage are those that it knows.
    init(_ what: String, _ session: Session, asDaemon: Bool = false, in store: JobDatabase? = nil) throws {
        let running = asDaemon && !session.namesConfiguration ? try session.daemonArguments() : nil
        let arguments = running ?? session.arguments
        var words = [
            ProgramOutput.sibling("jobd"), "--ask", what, "--state-dir", try session.directory().path,
        ]
        for option in Self.options {
            for value in arguments.values(option) { words += ["--" + option.name, value] }
        }
        if asDaemon, running == nil, !session.namesConfiguration, try session.directory().sharedStore != nil {
            let told = try session.toldConfiguration(store ?? session.storeIfAny())?.configuration
            for assignment in told?.storageAssignments ?? [] { words += ["--set", assignment] }
        }
        self.words = words
    }

    /// The answers. If jobd fails, it has said why itself; `consequence` says what that means here.
    func answers(about lines: [String] = [], orElse consequence: String) throws -> [JSON] {
        guard let (ending, output) = ProgramOutput.of(words, input: lines.map { $0 + "\n" }.joined()) else {
            throw Failure(
                .unavailable, "\(consequence): \(SafeText.escape(words[0])) could not be run to ask",
                hint: "install jobd beside jobctl")
        }
        switch ending {
        case .code(0): break
        case .code(let code): throw Failure(ExitCode(rawValue: code) ?? .bug, consequence)
        case .signal(let number):
            throw Failure(.unavailable, "\(consequence): jobd was ended by signal \(number)")
        }
        do {
            return try output.split(separator: "\n").map { try JSON(parsing: $0) }
        } catch {
            throw Failure(
                .bug, "\(consequence): jobd's answer cannot be read",
                hint: "are jobd and jobctl of the same version?")
        }
    }
}
