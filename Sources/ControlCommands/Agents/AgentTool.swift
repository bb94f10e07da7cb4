internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import Orders

/// Something that an agent can ask for.
struct AgentTool: Sendable {
    enum Effect: Sendable {
        case reads
        /// Adds or changes what can be changed again.
        case changes
        /// May end what cannot be continued.
        case destroys
    }

    let name: String
    let title: String
    let description: String
    let effect: Effect
    let input: JSON
    let output: JSON
    let run: @Sendable (AgentSession, ToolArguments) throws -> Reply

    enum Reply {
        case result(ToolResult)
        /// The result is asked for again when the store has changed, and for the last time at the end.
        case later(end: ContinuousClock.Instant, look: (_ isLast: Bool) throws -> ToolResult?)
    }

    /// As `tools/list` has it.
    var json: JSON {
        .object([
            "name": .string(name), "title": .string(title), "description": .string(description),
            "inputSchema": input, "outputSchema": output,
            "annotations": .object([
                "title": .string(title), "readOnlyHint": .bool(effect == .reads),
                "destructiveHint": .bool(effect == .destroys),
                // Orders have keys; all else says what shall be.
                "idempotentHint": .bool(true), "openWorldHint": .bool(effect != .reads),
            ]),
        ])
    }

    /// Checks the arguments, and does what they ask.
    func call(_ arguments: JSONObject, in session: AgentSession) throws -> Reply {
        let document = JSON.object(["input_schema": input])
        let violations = try Schema(modelID: name, document: document).violations(in: .object(arguments))
        guard violations.isEmpty else {
            throw Failure(
                .inputRefused, "the arguments of \(name) are wrong", faults: violations.map { .init($0) })
        }
        if session.isReadOnly, effect != .reads {
            throw Failure(.no, "this session only reads (--read-only)")
        }
        return try run(session, try ToolArguments(arguments))
    }
}

/// Arguments that fit their schema.
struct ToolArguments {
    private let object: JSONObject

    /// What stands for nothing is left out.
    init(_ object: JSONObject) throws {
        self.object = JSONObject(object.members.filter { $0.value != .null })
        for member in object.members where Self.holdsNUL(member.value) {
            throw Failure(.inputRefused, "\(member.key) holds a NUL")
        }
    }

    private static func holdsNUL(_ value: JSON) -> Bool {
        value.string?.utf8.contains(0) ?? value.array?.contains(where: holdsNUL) ?? false
    }

    func value(_ key: String) -> JSON? { object[key] }
    func text(_ key: String) -> String? { object[key]?.string }
    func texts(_ key: String) -> [String] { object[key]?.array?.compactMap(\.string) ?? [] }
    func integer(_ key: String) -> Int64? { object[key]?.integer }
    func integers(_ key: String) -> [Int64] { object[key]?.array?.compactMap(\.integer) ?? [] }
    func double(_ key: String) -> Double? { object[key]?.double }
    func object(_ key: String) -> JSONObject { object[key]?.object ?? [:] }

    /// A text that must be there and not be empty.
    func required(_ key: String) throws -> String {
        guard let text = text(key), !text.isEmpty else { throw Failure(.inputRefused, "\(key) is empty") }
        return text
    }

    /// `--key=value` for each argument that a verb has as an option of the same name.
    func options(_ keys: String...) -> [String] {
        keys.flatMap { key -> [String] in
            let option = "--" + key.replacing("_", with: "-")
            return switch object[key] {
            case .string(let text)?: ["\(option)=\(text)"]
            case .bool(let isSet)?: isSet ? [option] : []
            case .array(let values)?: values.map { "\(option)=\($0.string ?? $0.text)" }
            case let value?: value.integer.map { ["\(option)=\($0)"] } ?? []
            case nil: []
            }
        }
    }
}

/// What a tool answers.
struct ToolResult {
    var structured: JSONObject
    var pictures: [[UInt8]] = []

    /// As `tools/call` has it. The text is for clients that do not read structured answers.
    var json: JSONObject {
        let images = pictures.map { png -> JSON in
            .object([
                "type": "image", "data": .string(Base64.text(of: png)), "mimeType": "image/png",
            ])
        }
        return [
            "content": .array([Self.text(JSON.object(structured).text)] + images),
            "structuredContent": .object(structured), "isError": .bool(false),
        ]
    }

    /// A refusal: the same object as that of `jobctl --json`.
    static func refusal(_ failure: Failure) -> JSONObject {
        ["content": .array([text(failure.json().text)]), "isError": .bool(true)]
    }

    private static func text(_ text: String) -> JSON {
        .object(["type": "text", "text": .string(text)])
    }
}
