internal import CommandLineTool
internal import Configuration
internal import HTTP
internal import JSON
internal import Startup

/// What jobctl has jobd find out, which alone speaks to the network. What to ask about comes as lines on
/// standard input, and is read to its end first; the answers go to standard output, one JSON object a line.
enum Question: String, CaseIterable {
    /// Whether the API takes the token; what is left on the account.
    case token, balance
    /// Entries of the catalogue: of the ids given, else all.
    case models
    /// What the files at these addresses are.
    case media

    init(named name: String) throws(Failure) {
        guard let question = Question(rawValue: name) else {
            throw .usage(
                "--ask: \"\(name)\" is no question",
                hint: Self.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = question
    }

    func answer(_ configuration: Configuration, _ source: TokenSource, _ screen: Screen) async throws {
        let http = try HTTPClient(
            userAgent: "jobd/\(DaemonProgram.version)", maximumConnections: 16, maximumConnectionsPerHost: 8)
        switch self {
        case .token, .balance:
            let question = try AccountQuestion(configuration: configuration, http: http, token: source.find())
            let answer = try await question.ask(aboutBalance: self == .balance)
            try screen.write(answer.text + "\n")
        case .models:
            let question = try CatalogueQuestion(
                configuration: configuration, http: http, token: source.find())
            let ids = try StandardInput.lines(most: 1 << 20)
            for answer in try await question.ask(about: ids) { try screen.write(answer + "\n") }
        case .media:
            // Nobody is shown the token here, so that it is not even looked for.
            let question = MediaQuestion(configuration: configuration, http: http)
            let addresses = try StandardInput.lines(most: 64 << 20)
            for answer in await question.ask(about: addresses) { try screen.write(answer.text + "\n") }
        }
        await http.shutdown()
    }
}
