internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import System

/// `--make`: a line of a batch is stored under its key and a hash of what it is made from, so that only what
/// is new is ordered.
package final class Making {
    private let models: any ModelSource
    /// The whole keys of the lines so far, by the keys that they have in the batch.
    private var keys: [ExactText: String] = [:]
    /// The lines that are new, by the same keys.
    private var new: Set<ExactText> = []
    /// Those of them that had a job, which would wait for ever.
    private var remade: Set<ExactText> = []

    package init(_ models: any ModelSource) { self.models = models }

    /// The lines are visited again.
    func begin() { (keys, new, remade) = ([:], [], []) }

    /// The order under its whole key. Label, priority and time do not count, nor by which name a source is
    /// called.
    func made(_ order: Order) throws -> Order {
        guard let name = order.terms.key else {
            throw Failure(.inputRefused, "\"key\" is missing: with --make, each line has one")
        }
        guard keys[ExactText(name)] == nil else {
            throw Failure(.inputRefused, "an earlier line has the key \"\(SafeText.escape(name))\"")
        }
        var order = order
        order.input = try order.replacingReferences { reference, _ in
            try keys[ExactText(reference.source)].map(reference.to)
                ?? models.source(of: reference)?.id.map { reference.to(String($0)) }
        }
        let content = Array((order.model + "\0").utf8) + order.input.meaning
        let key = name + "@" + SHA256.hexadecimal(of: content).prefix(12)
        keys[ExactText(name)] = key
        order.terms.key = key
        return order
    }

    /// The job that stands for a line already; nil if the line is new. A job that was never sent does not
    /// stand if what it waits for is made anew: it would wait for ever.
    func standing(_ order: Order, in store: JobDatabase?) throws -> Job? {
        guard let key = order.terms.key, let name = Self.name(in: key) else { return nil }
        let job = try store?.keyHolder(key).flatMap { try store?.find($0) }
        let sources = lines(in: order.input).map { ExactText($0) }
        if let job, job.submissions > 0 || job.requestID != nil || new.isDisjoint(with: sources) {
            return job
        }
        new.insert(ExactText(name))
        // Its job was cancelled a moment ago, together with the job that it waited for.
        if job != nil || !remade.isDisjoint(with: sources) { remade.insert(ExactText(name)) }
        return nil
    }

    /// What is different from the newest job that was made of the same line: `shot-4 (prompt)`.
    func change(of order: Order, in store: JobDatabase?) throws -> String? {
        guard let key = order.terms.key, let name = Self.name(in: key) else { return nil }
        guard let old = try store?.newest(keyPrefix: name + "@") else {
            let sources = lines(in: order.input).filter { new.contains(ExactText($0)) }
            return Self.words(name, remade.contains(ExactText(name)) ? sources : [])
        }
        var changes = old.model == order.model ? [] : ["model"]
        let before = (try? JSON(parsing: old.input).object) ?? [:]
        let now = order.input.object ?? [:]
        for key in before.keys + now.keys.filter({ before[$0] == nil }) {
            let known = sources(in: before[key] ?? .null)
            let sources = try lines(in: now[key] ?? .null).filter { name in
                guard !new.contains(ExactText(name)), let whole = keys[ExactText(name)],
                    let id = try store?.keyHolder(whole)
                else { return true }
                return !known.contains(id)
            }
            changes += try sources.isEmpty && !isSame(before[key], now[key], in: store) ? [key] : sources
        }
        return Self.words(name, changes)
    }

    private static func words(_ name: String, _ changes: [String]) -> String {
        var seen: Set<String> = []
        let words = changes.filter { seen.insert($0).inserted }.joined(separator: ", ")
        return SafeText.escape(words.isEmpty ? name : "\(name) (\(words))")
    }

    /// The key that a line has in the batch.
    private static func name(in key: String) -> String? {
        key.utf8.lastIndex(of: UInt8(ascii: "@")).map { String(key[..<$0]) }
    }

    /// The earlier lines that a value refers to, by the keys that they have in the batch.
    private func lines(in value: JSON) -> [String] {
        var found: [String] = []
        _ = value.replacingTexts { _, text in
            if let key = Reference(text)?.source, let name = Self.name(in: key),
                keys[ExactText(name)]?.isExactly(key) == true
            {
                found.append(name)
            }
            return nil
        }
        return found
    }

    /// The jobs that a stored value refers to.
    private func sources(in value: JSON) -> Set<Int64> {
        var found: Set<Int64> = []
        _ = value.replacingTexts { _, text in
            if let id = Reference(text)?.id { found.insert(id) }
            return nil
        }
        return found
    }

    /// Whether a value is what was stored, where references have ids.
    private func isSame(_ stored: JSON?, _ value: JSON?, in store: JobDatabase?) throws -> Bool {
        guard let stored, let value else { return false }
        let named = try value.replacingTexts { _, text in
            guard let reference = Reference(text), reference.id == nil,
                let id = try store?.keyHolder(reference.source)
            else { return nil }
            return [.string(Reference(id, reference.part).text)]
        }
        return stored.meaning == named.meaning
    }
}
