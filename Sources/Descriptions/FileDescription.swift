internal import Calendar
package import Catalogue
internal import JSON
package import JobModel

/// What other programs are told about an output: how it was made, and whether it was chosen.
package struct FileDescription: Equatable, Sendable {
    package let prompt: String?
    let negativePrompt: String?
    let model: String
    let seed: String?
    let label: String?
    let job: Int64
    let request: String?
    /// When it was ordered, in UTC.
    let created: String
    let size: (width: Int64, height: Int64)?
    let isPicked: Bool
    /// The whole input, unless it is long: it may hold files.
    let input: JSON?
    /// The short values of the input that have no place of their own.
    let settings: [(name: String, value: String)]

    private static let longestInput = 8000
    private static let named = ["prompt", "text", "negative_prompt", "seed"]

    package init(of job: Job, _ output: Output, schema: Schema?) {
        let input = (try? JSON(parsing: job.input)) ?? .null
        prompt = Schema.prompt(of: input, schema: schema)
        negativePrompt = input["negative_prompt"]?.string
        seed = input["seed"].map { $0.string ?? $0.text }
        (model, label, self.job, request) = (job.model, job.label, job.id, job.requestID)
        let moment = CalendarTime(milliseconds: job.createdAt.milliseconds)
        created = "\(moment.date)T\(moment.clock)Z"
        size = output.width.flatMap { width in output.height.map { (width, $0) } }
        isPicked = output.pickedAt != nil
        let isShort = job.input.utf8.count <= Self.longestInput && job.inputRemovedAt == nil
        self.input = isShort && input.object != nil ? input : nil
        settings = (input.object?.members ?? []).compactMap { member in
            guard !Self.named.containsExactly(member.key) else { return nil }
            switch member.value {
            case .string, .number, .bool:
                let value = member.value.string ?? member.value.text
                return value.utf8.count <= 200 ? (member.key, value) : nil
            case .null, .array, .object: return nil
            }
        }
    }

    package static func == (left: FileDescription, right: FileDescription) -> Bool { left.xmp == right.xmp }

    /// As AUTOMATIC1111's web interface writes it, under `parameters` in a PNG: the prompt, then a line of
    /// settings.
    package var parameters: String {
        var pairs: [(String, String)] = []
        if let seed { pairs.append(("Seed", seed)) }
        if let size { pairs.append(("Size", "\(size.width)x\(size.height)")) }
        pairs += [("Model", model)] + settings.map { ($0.name, $0.value) } + [("Job", "\(job)")]
        pairs.append(("Version", "jobd"))
        let line = pairs.map { "\($0.0): \(Self.quoted($0.1))" }.joined(separator: ", ")
        let negative = negativePrompt.map { "\nNegative prompt: \($0)" } ?? ""
        return (prompt ?? "") + negative + "\n" + line
    }

    private static func quoted(_ text: String) -> String {
        text.contains { ",:\n\"".contains($0) } ? JSON.string(text).text : text
    }

    /// As ComfyUI writes it, under `prompt` in a PNG: a graph, here of one node. In ASCII, so that programs
    /// that read only Latin-1 there read it, too.
    package var graph: String {
        var inputs = input?.object ?? [:]
        if input == nil, let prompt { inputs["prompt"] = .string(prompt) }
        let graph = JSON.object([
            "1": .object([
                "class_type": .string(model), "inputs": .object(inputs),
                "_meta": .object(["title": .string("jobd job \(job)")]),
            ])
        ])
        return graph.text.utf16.map { unit in
            if unit < 0x80 { return String(UnicodeScalar(UInt8(unit))) }
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
