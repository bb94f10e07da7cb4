internal import CommandLineTool
internal import JSON
internal import JobModel

/// Reads jobs' objects as jobctl and jobd write them: a sidecar, or what `--json` prints, one or several.
struct TemplateFile {
    let path: String

    func read() throws -> [Template] {
        let bytes = try InputReader(path).all()
        if let whole = try? JSON(parsing: bytes) { return [try template(whole, at: nil)] }
        // Several objects are no JSON text by themselves: then each has a line of its own.
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        let written = lines.enumerated().filter { !Self.isBlank($0.element) }
        if written.count <= 1 { return [try template(try parse(bytes, at: nil), at: nil)] }
        return try written.map { index, line in
            try template(try parse(line, at: index + 1), at: index + 1)
        }
    }

    private func parse(_ bytes: [UInt8], at line: Int?) throws -> JSON {
        do throws(JSONError) { return try JSON(parsing: bytes) } catch {
            throw Failure(
                .inputRefused, "\(place(line)) is malformed JSON: \(SafeText.escape("\(error)"))",
                hint: Self.hint)
        }
    }

    private static func isBlank(_ line: [UInt8]) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    private static let hint =
        "give a job's sidecar ({id}.json beside its files), or what jobctl show --json prints"

    private func place(_ line: Int?) -> String {
        let name = path == "-" ? "standard input" : SafeText.escape(path)
        return line.map { "line \($0) of \(name)" } ?? name
    }

    private func template(_ object: JSON, at line: Int?) throws -> Template {
        let place = place(line)
        func refused(_ reason: String) -> Failure {
            Failure(.inputRefused, "\(place) is no job: \(reason)", hint: Self.hint)
        }
        guard object.object != nil else { throw refused("it is no JSON object") }
        if let removed = object["input_removed_at"], removed != .null {
            throw Failure(
                .no, "\(place): the job had its input pruned: what it was asked to make is not known")
        }
        let model = object["model"]?.string
        let input = object["input"]?.object
        guard let model, let input else {
            let missing = [model == nil ? "\"model\"" : nil, input == nil ? "\"input\"" : nil].compactMap {
                $0
            }
            throw refused("it has no \(missing.joined(separator: " and no "))")
        }
        var template = Template(model: model, input: input)
        template.label = object["label"]?.string
        if template.label?.unicodeScalars.contains("\0") == true { throw refused("its label holds a NUL") }
        template.priority = object["priority"]?.integer ?? 0
        template.isCopy = true
        template.origin = object["id"]?.integer.map { "like \($0)" }
        return template
    }
}
