package import Catalogue
package import Configuration
package import JSON
package import JobModel

/// The models' schemas, each looked up once, and what their jobs cost.
package final class ModelCatalogue {
    private let configuration: Configuration?
    private let stored: (String) throws -> String?
    private let isUnreadable: (String) -> Void
    private var schemas: [String: Schema?] = [:]

    /// - Parameters:
    ///   - isUnreadable: called with a model whose stored schema cannot be read and is ignored.
    ///   - stored: the schema that was stored for a model at run time, as text.
    package init(
        _ configuration: Configuration?, isUnreadable: @escaping (String) -> Void = { _ in },
        stored: @escaping (String) throws -> String?
    ) {
        (self.configuration, self.stored, self.isUnreadable) = (configuration, stored, isUnreadable)
    }

    package func schema(of model: String) throws -> Schema? {
        if let known = schemas[model] { return known }
        let schema = Schema.known(model, stored: try stored(model)) { isUnreadable(model) }
        schemas[model] = .some(schema)
        return schema
    }

    /// The price of one output, or of one second of it, if known. `price_usd` in the configuration overrides
    /// the schema's.
    package func unitPrice(of model: String, _ schema: Schema?) -> Double? {
        configuration?.limits(of: model)?.limits.priceUSD ?? schema?.basePriceUSD
    }

    /// What a job will probably cost: the unit's price times the outputs or seconds that its input asks for.
    package func price(of input: JSON, _ model: String, _ schema: Schema?) -> Double? {
        unitPrice(of: model, schema).map {
            $0 * Schema.estimatedUnits(for: input, schema: schema, priceUnit: schema?.priceUnit)
        }
    }

    package func price(of job: Job) throws -> Double? {
        guard let input = try? JSON(parsing: job.input) else { return nil }
        return price(of: input, job.model, try schema(of: job.model))
    }

    /// Why a job cannot be sent, one text for each fault. Jobs that came by SQL were not checked before.
    ///
    /// - Parameters:
    ///   - isUTF8: whether the input in the store is valid UTF-8.
    ///   - hasReferences: whether it names files that are resolved later.
    package func faults(in job: Job, isUTF8: Bool, hasReferences: Bool = false) throws -> [String] {
        guard isUTF8 else { return ["the input is not UTF-8"] }
        guard job.validation == .pending else { return [] }
        let input: JSON
        do throws(JSONError) { input = try JSON(parsing: job.input, .strict) } catch {
            return ["the input is malformed JSON: \(error)"]
        }
        return try schema(of: job.model)?.violations(in: input, takesReferences: hasReferences)
            .map(\.description) ?? []
    }

    /// Whether a text at `path`, as `links` has it, may be a reference.
    package func takesReference(_ path: String, _ model: String) throws -> Bool {
        let key = path.dropFirst(2).prefix { $0 != "." && $0 != "[" }
        return Schema.takesReference(String(key), try schema(of: model))
    }

    /// Why a job with references or local files cannot be sent. The outputs were not known when the job was
    /// enqueued, so their number and their recorded kinds and sizes are checked now, unless a person has
    /// waived that.
    ///
    /// - Parameter contents: what the local files are, as far as that is known yet.
    package func faults(
        in resolved: ResolvedInput, of job: Job, _ contents: [InputFile: FileContent] = [:]
    ) throws -> [String] {
        guard resolved.faults.isEmpty, job.validation != .waived, let schema = try schema(of: job.model)
        else {
            return resolved.faults
        }
        let check = schema.check(resolved.input, takesReferences: true)
        var outputs: [String: Output] = [:]
        for case .output(let output) in resolved.files { outputs[output.url] = output }
        return check.violations.map(\.description)
            + check.files.flatMap { file in
                if let output = outputs[file.url] {
                    return file.demand.faults(in: output).map { "\(file.path): \($0)" }
                }
                let content = InputFile(file.url).flatMap { contents[$0] }
                return content.map { file.demand.faults(in: $0) }?.map { "\(file.path): \($0)" } ?? []
            }
    }
}
