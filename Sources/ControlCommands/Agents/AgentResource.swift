internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup
internal import System

/// What a client can read without a tool: jobs, and the files of their outputs.
enum AgentResource {
    case job(Int64)
    case file(job: Int64, position: Int64)

    private static let scheme = "jobd://jobs/"
    /// A larger file is read from its path.
    private static let largestFile = 8 << 20

    static let templates: JSON = .array([
        .object([
            "uriTemplate": .string(scheme + "{id}"), "name": "job", "title": "A job",
            "description": "a job with its input, outputs and events", "mimeType": "application/json",
        ]),
        .object([
            "uriTemplate": .string(scheme + "{id}/files/{position}"), "name": "file",
            "title": "A file of a job", "description": "the bytes of an output's file, up to 8 MiB",
        ]),
    ])

    init(_ uri: String) throws {
        let parts = uri.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        switch (uri.hasPrefix(Self.scheme), parts.count) {
        case (true, 1):
            guard let id = Self.number(parts[0]) else { break }
            self = .job(id)
            return
        case (true, 3) where parts[1] == "files":
            guard let id = Self.number(parts[0]), let position = Self.number(parts[2]) else { break }
            self = .file(job: id, position: position)
            return
        default: break
        }
        throw Failure(.no, "there is no resource \(SafeText.escape(DisplayWidth.cut(uri, to: 200)))")
    }

    private static func number(_ text: Substring) -> Int64? {
        Int64(text).flatMap { $0 > 0 && String($0) == text ? $0 : nil }
    }

    private var uri: String {
        switch self {
        case .job(let id): "\(Self.scheme)\(id)"
        case .file(let id, let position): "\(Self.scheme)\(id)/files/\(position)"
        }
    }

    /// The newest jobs and their files.
    static func newest(_ session: AgentSession) throws -> [JSON] {
        do {
            guard try session.store() != nil else { return [] }
            let answer = try session.call.run(ListVerb.self, ["--limit=50"]).require()
            return answer.objects.flatMap(listed)
        } catch { throw RPCError(.internalError, Failure(of: error).message) }
    }

    private static func listed(_ job: JSON) -> [JSON] {
        guard let id = job["id"]?.integer else { return [] }
        let state = job["state"]?.string ?? ""
        let files = (job["outputs"]?.array ?? []).filter { $0["file"]?.string != nil }.compactMap { output in
            output["position"]?.integer.map { position -> JSON in
                .object([
                    "uri": .string(Self.file(job: id, position: position).uri),
                    "name": .string("job \(id), file \(position)"),
                    "mimeType": output["media_type"] ?? "application/octet-stream",
                    "size": output["bytes"] ?? .integer(0),
                ])
            }
        }
        return [
            .object([
                "uri": .string(Self.job(id).uri), "name": .string("job \(id)"),
                "description": .string("\(state), \(job["model"]?.string ?? "")"),
                "mimeType": "application/json",
            ])
        ] + files
    }

    func contents(in session: AgentSession) throws -> JSON {
        switch self {
        case .job(let id):
            _ = try session.job(id)
            let answer = try session.call.run(ShowVerb.self, [], operands: [String(id)]).require()
            return .object([
                "uri": .string(uri), "mimeType": "application/json",
                "text": .string(answer.objects.first?.text ?? ""),
            ])
        case .file(let id, let position):
            let (job, store) = try session.job(id)
            let output = try store.file(of: job, position: position)
            let bytes: [UInt8]
            do throws(SystemError) {
                let file = try OutputPlaces(store.directory).file(output.path ?? "").open()
                bytes = try file.readToEnd(limit: Self.largestFile)
            } catch {
                throw Failure(
                    .cannotRead, "the file cannot be read here: \(error)", hint: "get_file has its path")
            }
            return .object([
                "uri": .string(uri), "mimeType": .string(output.mediaType ?? "application/octet-stream"),
                "blob": .string(Base64.text(of: bytes)),
            ])
        }
    }
}
