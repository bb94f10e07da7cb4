internal import CommandLineTool
internal import Configuration
internal import Glibc
internal import HTTP
internal import JSON
internal import ObjectStorage
internal import Startup
internal import System

/// What jobctl has jobd find out, since only jobd uses the network. Lines on standard input, read to the end
/// first, say what to ask about; the answers are lines of JSON on standard output.
enum Question: String, CaseIterable {
    /// Whether the API accepts the token; what is left on the account.
    case token, balance
    /// Entries of the catalogue: those of the given ids, else all.
    case models
    /// What kind of files are at these addresses.
    case media
    /// What the object storage has.
    case storage

    init(named name: String) throws(Failure) {
        guard let question = Question(rawValue: name) else {
            throw .usage(
                "--ask: unknown question \"\(name)\"",
                hint: Self.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = question
    }

    func answer(
        _ configuration: Configuration, _ source: TokenSource, _ environment: [String: String],
        _ screen: Screen
    ) async throws {
        let http = try HTTPClient(
            userAgent: "jobd/\(Release.version)", maximumConnections: 16, maximumConnectionsPerHost: 8)
        switch self {
        case .token, .balance:
            let question = try AccountQuestion(configuration: configuration, http: http, token: source.find())
            let answer = try await question.ask(aboutBalance: self == .balance)
            try screen.write(answer.text + "\n")
        case .models:
            let question = try CatalogueQuestion(
                configuration: configuration, http: http, token: source.find())
            let ids = try StandardInput.lines(limit: 1 << 20)
            for answer in try await question.ask(about: ids) { try screen.write(answer + "\n") }
        case .storage:
            let credentials = CredentialSource(environment: environment)
            guard let storage = ObjectStorage(configuration, http, credentials) else {
                throw Failure(.configuration, "no object storage is configured", hint: "set storage.url")
            }
            let question = StorageQuestion(storage: storage, http: http)
            for line in try StandardInput.lines(limit: 64 << 20) {
                try screen.write(await question.answer(to: line).text + "\n")
            }
        case .media:
            // The token is not sent to anyone here, so it is not even read.
            let question = MediaQuestion(configuration: configuration, http: http)
            let addresses = try StandardInput.lines(limit: 64 << 20)
            for answer in await question.ask(about: addresses) { try screen.write(answer.text + "\n") }
        }
        await http.shutdown()
    }
}

/// What another program writes to standard input.
enum StandardInput {
    /// All lines that are not empty, of at most `limit` bytes.
    static func lines(limit: Int) throws(Failure) -> [String] {
        do throws(SystemError) {
            let bytes = try FileDescriptor.standardInput.readToEnd(limit: limit)
            return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        } catch {
            throw error.code == EFBIG
                ? Failure(.inputRefused, "standard input holds more than can be asked at once")
                : Failure(.cannotRead, "cannot read standard input: \(error)")
        }
    }
}
