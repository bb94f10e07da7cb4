internal import Catalogue
package import CommandLineTool
package import JSON
package import JobModel

/// What new jobs are made from: a model and an input, typed or taken from another job.
package struct Template {
    package let model: String
    package var input: JSONObject
    var label: String?
    var priority: Int64?
    /// The keys of the input that were typed.
    var typedKeys: [String] = []
    /// Whether it is from another job, whose seed must not be used again if new seeds are asked for.
    package var isCopy = false
    /// The job that it is from.
    var original: Int64?
    /// Text to be edited, which then becomes the input.
    package var editableText: String?

    package init(model: String, input: JSONObject) {
        self.model = model
        self.input = input
    }

    package init(of job: Job) throws {
        guard job.inputRemovedAt == nil else {
            throw Failure(
                .no,
                "the input of job \(job.id) is not here (pruned, or never known), so it cannot be made again",
                hint: "jobctl enqueue \(SafeText.escape(job.model)) …")
        }
        guard let input = try? JSON(parsing: job.input).object else {
            throw Failure(.no, "the input of job \(job.id) is not a JSON object")
        }
        self.init(model: job.model, input: input)
        (label, priority, isCopy, original) = (job.label, job.priority, true, job.id)
    }

    /// The order for a job like this, the `number`th of several if it is not the only one.
    func order(
        _ input: JSONObject, _ schema: Schema?, _ terms: Terms, _ number: Int?, changes: [String] = []
    ) -> Order {
        var terms = terms
        terms.label = terms.label ?? label
        terms.priority = terms.priority ?? priority
        if let key = terms.key, let number { terms.key = "\(key)-\(number)" }
        let variant = (original.map { ["like \($0)"] } ?? []) + changes
        return Order(
            model: model, input: .object(input), schema: schema, terms: terms,
            variant: variant.joined(separator: " "))
    }

    /// An input, or a line of a batch, as one JSON text.
    package static func object(
        _ bytes: [UInt8], _ dialect: JSONDialect = .strict, named name: String = "the input is "
    ) throws(Failure) -> JSONObject {
        let value: JSON
        do throws(JSONError) { value = try JSON(parsing: bytes, dialect) } catch {
            throw Failure(.inputRefused, SafeText.escape("\(name)malformed JSON: \(error)"))
        }
        guard let object = value.object else {
            throw Failure(
                .inputRefused, SafeText.escape("\(name)not a JSON object, such as {\"prompt\": \"…\"}"))
        }
        return object
    }
}

/// Job objects as jobctl and jobd write them: a sidecar, or what `--json` prints, one or several.
package enum TemplateFile {
    package static func read(_ path: String) throws -> [Template] {
        let bytes = try InputReader(path).all()
        let name = path == "-" ? "standard input" : SafeText.escape(path)
        if let whole = try? JSON(parsing: bytes) { return [try template(whole, name)] }
        // Several objects are not one JSON text. Each must then be on its own line.
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
            .filter { !InputReader.isBlank($0.element) }
        if lines.count <= 1 { return [try template(try parse(bytes, name), name)] }
        return try lines.map { index, line in
            let place = "line \(index + 1) of \(name)"
            return try template(try parse(Array(line), place), place)
        }
    }

    private static let hint =
        "give a job's sidecar ({id}.json beside its files), or what jobctl show --json prints"

    private static func parse(_ bytes: [UInt8], _ place: String) throws -> JSON {
        do throws(JSONError) { return try JSON(parsing: bytes) } catch {
            throw Failure(
                .inputRefused, "\(place) is malformed JSON: \(SafeText.escape("\(error)"))", hint: hint)
        }
    }

    private static func template(_ object: JSON, _ place: String) throws -> Template {
        func refused(_ reason: String) -> Failure {
            Failure(.inputRefused, "\(place) is not a job: \(reason)", hint: hint)
        }
        guard object.object != nil else { throw refused("it is not a JSON object") }
        if let removed = object["input_removed_at"], removed != .null {
            throw Failure(
                .no, "\(place): the input of the job is not here (pruned), so it cannot be made again")
        }
        let (model, input) = (object["model"]?.string, object["input"]?.object)
        guard let model, let input else {
            let missing = (model == nil ? ["\"model\""] : []) + (input == nil ? ["\"input\""] : [])
            throw refused("it has no \(missing.joined(separator: " and no "))")
        }
        var template = Template(model: model, input: input)
        template.label = object["label"]?.string
        if template.label?.unicodeScalars.contains("\0") == true { throw refused("its label holds a NUL") }
        template.priority = object["priority"]?.integer
        template.isCopy = true
        template.original = object["id"]?.integer
        return template
    }
}
