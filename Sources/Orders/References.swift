internal import Catalogue
internal import CommandLineTool
package import JSON
package import JobModel

/// The references in an order's input.
extension Order {
    func takesReferences(_ key: String) -> Bool { Schema.takesReference(key, schema) }

    /// The references, each with its place and, if it is to a copy, the job that is copied.
    var references: [(path: String, text: String, original: Int64?)] {
        var found: [(String, String, Int64?)] = []
        for member in input.object?.members ?? [] where takesReferences(member.key) {
            _ = member.value.replacingTexts("$.\(member.key)") { path, text in
                if Reference.isMeant(text) {
                    found.append((path, text, Reference(text).flatMap { original(of: $0, in: member.key) }))
                }
                return nil
            }
        }
        return found
    }

    /// The job whose copy is meant by a reference in the value of `key`; nil if it means what it says.
    private func original(of reference: Reference, in key: String) -> Int64? {
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
        guard let object = input.object else { return input }
        return .object(
            JSONObject(
                try object.members.map { member in
                    guard takesReferences(member.key) else { return member }
                    let value = try member.value.replacingTexts { _, text in
                        try Reference(text).flatMap { try change($0, member.key) }.map { [.string($0.text)] }
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
    let state: JobState
    /// How many outputs it has made, or was asked for.
    let outputs: Int

    package init(state: JobState, outputs: Int) { (self.state, self.outputs) = (state, outputs) }
}

extension Checker {
    /// Why the references of an order cannot be fulfilled. No store takes such an order.
    func referenceFaults(_ order: Order) throws -> [Violation] {
        try order.references.compactMap { path, text, original in
            try fault(of: text, inList: path.hasSuffix("]"), copyOf: original)
                .map { Violation(path: path, message: $0) }
        }
    }

    private func fault(of text: String, inList: Bool, copyOf original: Int64?) throws -> String? {
        guard let reference = Reference(text) else { return "is malformed: \(Reference.forms)" }
        if original == nil, try isAmbiguous(reference) {
            return "means job \(reference.source) or the job with the key \(reference.source): change the key"
        }
        guard let source = try original.map(copy) ?? source(of: reference) else {
            return reference.id.map { "there is no job \($0)" }
                ?? "no job that can be waited for has the key \"\(reference.source)\""
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
        case .position(let number) where source.state == .completed && number > source.outputs:
            return "\(name) made \(NumberText.of(source.outputs, "output"))"
        case .all where !inList && source.outputs != 1:
            return "takes one file, and \(name) "
                + (source.state == .completed ? "made" : "was asked for") + " \(source.outputs): "
                + "write job:\(reference.source)/1, or --matrix for a job for each"
        default: return nil
        }
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
