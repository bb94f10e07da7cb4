internal import Catalogue
internal import CommandLineTool
package import JSON
package import JobModel

/// The references in an order's input.
extension Order {
    func takesReferences(_ key: String) -> Bool { Schema.takesReference(key, schema) }

    /// The references, each with its place and, if it is to a copy, the job that is copied.
    var references: [(path: String, text: String, original: Int64?)] {
        texts(where: Reference.isMeant).map { key, path, text in
            (path, text, Reference(text).flatMap { original(of: $0, in: key) })
        }
    }

    /// The objects in the storage, each with its place.
    package var objects: [(path: String, text: String)] {
        texts(where: ObjectName.isMeant).map { ($0.path, $0.text) }
    }

    /// The texts of this kind that stand where files may be named, each with its key and its place.
    private func texts(where isSought: (String) -> Bool) -> [(key: String, path: String, text: String)] {
        var found: [(String, String, String)] = []
        for member in input.object?.members ?? [] where takesReferences(member.key) {
            _ = member.value.replacingTexts("$.\(member.key)") { path, text in
                if isSought(text) { found.append((member.key, path, text)) }
                return nil
            }
        }
        return found
    }

    /// The job whose copy is meant by a reference in the value of `key`; nil if it means what it says.
    fileprivate func original(of reference: Reference, in key: String) -> Int64? {
        guard let copy, let id = reference.id, id < copy.original, copy.copied.contains(id),
            !copy.typedKeys.containsExactly(key)
        else { return nil }
        return id
    }

    /// The input as it is shown before it is stored: copies have no ids yet.
    package var shownInput: JSON {
        guard copy != nil else { return input }
        return replacingReferences { reference, key in
            original(of: reference, in: key).map { reference.to("copy of \($0)") }
        }
    }

    /// The input with other references in the place of those that it has; nil keeps one.
    func replacingReferences(_ change: (_ reference: Reference, _ key: String) throws -> Reference?) rethrows
        -> JSON
    {
        try replacing { try change($0, $1).map { [.string($0.text)] } }
    }

    /// The input with what `change` gives in the place of references; nil keeps one.
    fileprivate func replacing(_ change: (_ reference: Reference, _ key: String) throws -> [JSON]?) rethrows
        -> JSON
    {
        guard let object = input.object else { return input }
        return .object(
            JSONObject(
                try object.members.map { member in
                    guard takesReferences(member.key) else { return member }
                    let value = try member.value.replacingTexts { _, text in
                        try Reference(text).flatMap { try change($0, member.key) }
                    }
                    return .init(key: member.key, value: value)
                }))
    }

    /// The input as it is stored: references name their sources by id, and other texts that look like
    /// references are written so that nothing takes them for one.
    func storedInput(_ copies: [Int64: Int64], id: (String) throws -> Int64) rethrows -> JSON {
        let named = try replacingReferences { reference, key in
            if let original = original(of: reference, in: key) {
                return copies[original].map { Reference($0, reference.part) }
            }
            guard reference.id == nil else { return nil }
            return Reference(try id(reference.source), reference.part)
        }
        return .object(
            JSONObject(
                (named.object?.members ?? []).map { member in
                    if takesReferences(member.key) { return member }
                    let value = member.value.replacingTexts { _, text in
                        Reference.isStored(text) ? [Reference.escaped(text)] : nil
                    }
                    return .init(key: member.key, value: value)
                }))
    }
}

extension Reference {
    /// The same part of another source.
    func to(_ source: String) -> Reference {
        var reference = self
        reference.source = source
        return reference
    }

    /// The text with its colon escaped: the store takes it for what it is.
    fileprivate static func escaped(_ text: String) -> JSON {
        .verbatim("\"job\\u003a" + JSON.string(text).text.dropFirst(5))
    }
}

/// What an order needs to know of the job that it is made from.
package struct Source {
    /// Nil if it is not stored yet.
    let id: Int64?
    let state: JobState
    /// How many outputs it was asked for.
    let asked: Int
    /// Its outputs; empty before it has completed.
    let made: [Output]

    package init(id: Int64?, _ state: JobState, asked: Int, made: [Output] = []) {
        (self.id, self.state, self.asked, self.made) = (id, state, asked, made)
    }

    /// How many outputs it has, or will probably have.
    var outputs: Int { state == .completed ? made.count : asked }
}

extension Checker {
    /// Why the references of an order cannot be fulfilled. No store takes such an order.
    func referenceFaults(_ order: Order) throws -> [Violation] {
        let references = order.references
        return try references.compactMap { path, text, original in
            try fault(of: text, inList: path.hasSuffix("]"), copyOf: original)
                .map { Violation(path: path, message: $0) }
        } + twice(references.map(\.path))
    }

    /// `{"a.b": …, "a": {"b": …}}` has one path for two values.
    private func twice(_ paths: [String]) -> [Violation] {
        var seen: Set<String> = []
        return paths.filter { !seen.insert($0).inserted }.map {
            Violation(path: $0, message: "is the path of two references; rename one of the keys")
        }
    }

    /// What a reference names: a job, an earlier order, or the copy of `original`.
    func source(of reference: Reference, copyOf original: Int64?) throws -> Source? {
        try original.map(copy) ?? source(of: reference)
    }

    private func fault(of text: String, inList: Bool, copyOf original: Int64?) throws -> String? {
        guard let reference = Reference(text) else { return "is malformed: \(Reference.forms)" }
        if original == nil, try isAmbiguous(reference) {
            return "means job \(reference.source) or the job with the key \(reference.source): change the key"
        }
        let long = original == nil ? try longKey(text) : nil
        guard let source = try source(of: reference, copyOf: original) else {
            return reference.id.map { "there is no job \($0)" }
                ?? "no job that can be waited for has the key \"\(reference.source)\""
                + (long.map { "; for the first output of \"\($0)\", write job:\($0)/1" } ?? "")
        }
        if let long {
            return "means an output of \"\(reference.source)\" or the job with the key \"\(long)\": "
                + "write job:\(long)/1, or job:ID/N"
        }
        let name =
            (original == nil ? "" : "the copy of ")
            + (reference.id.map { "job \($0)" } ?? "the job \"\(reference.source)\"")
        switch source.state {
        case .failed: return "\(name) has failed: jobctl retry \(reference.source)"
        case .cancelled: return "\(name) was cancelled: jobctl retry \(reference.source)"
        default: break
        }
        switch reference.part {
        case .position(let number) where source.state == .completed && number > source.made.count:
            return "\(name) made \(NumberText.of(source.made.count, "output"))"
        case .all where !inList && source.asked != 1:
            return "takes one file, and \(name) was asked for \(source.asked): "
                + "write job:\(reference.source)/1, or --matrix for a job for each"
        default: return nil
        }
    }

    /// The input with the outputs of sources in place of the references, as far as they are known, and those
    /// outputs by their addresses. In a list, `/all` of an unfinished source is as many references as it was
    /// asked for outputs.
    func foreseen(_ order: Order) throws -> (input: JSON, outputs: [String: Output]) {
        var outputs: [String: Output] = [:]
        let input = try order.replacing { reference, key in
            let original = order.original(of: reference, in: key)
            guard reference.part != .pick, let source = try source(of: reference, copyOf: original) else {
                return nil
            }
            let made = source.made.filter(reference.part.includes)
            for output in made { outputs[output.url] = output }
            if !made.isEmpty { return made.map { .string($0.url) } }
            guard reference.part == .all else { return nil }
            return (0..<source.asked).map { .string("job:\(reference.source)/\($0 + 1)") }
        }
        return (input, outputs)
    }

    /// A key that is the whole of a reference, and ends as if a part of another one followed: `film/1`.
    private func longKey(_ text: String) throws -> String? {
        let key = String(text.dropFirst("job:".count))
        guard key.utf8.contains(UInt8(ascii: "/")), try isKey(key) else { return nil }
        return SafeText.escape(key)
    }

    /// The values that `--matrix KEY=job:ID/all` stands for: one for each output.
    func expanded(_ value: JSON) throws -> [JSON] {
        let text = value.string ?? value.array.flatMap { $0.count == 1 ? $0[0].string : nil }
        guard let text, let reference = Reference(text), reference.part == .all,
            let source = try source(of: reference)
        else { return [value] }
        return (1...max(1, source.outputs)).map { number in
            let one = JSON.string("job:\(reference.source)/\(number)")
            return value.string == nil ? .array([one]) : one
        }
    }
}
