internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import System

/// `--make`: a line of a batch is stored under its key and a hash of what it is made from, so that only what
/// is new is ordered.
package final class Making {
    /// The whole keys of the lines so far, by the keys that they have in the batch.
    private var keys: [ExactText: String] = [:]

    package init() {}

    /// The lines are visited again.
    func begin() { keys = [:] }

    /// The order under its whole key. Label, priority and time do not count.
    func made(_ order: Order) throws -> Order {
        guard let name = order.terms.key else {
            throw Failure(.inputRefused, "\"key\" is missing: with --make, each line has one")
        }
        guard keys[ExactText(name)] == nil else {
            throw Failure(.inputRefused, "an earlier line has the key \"\(SafeText.escape(name))\"")
        }
        var order = order
        order.input = order.replacingReferences { reference, _ in
            keys[ExactText(reference.source)].map { reference.to($0) }
        }
        let content = Array((order.model + "\0").utf8) + order.input.meaning
        let key = name + "@" + SHA256.hexadecimal(of: content).prefix(12)
        keys[ExactText(name)] = key
        order.terms.key = key
        return order
    }

    /// What is different from the newest job that was made of the same line: `shot-4 (prompt)`.
    func change(of order: Order, to job: NewJob, in store: JobDatabase) throws -> String? {
        guard let key = job.key, let name = Self.name(in: key) else { return nil }
        guard let old = try store.newest(keyPrefix: name + "@") else { return SafeText.escape(name) }
        var changes = old.model == job.model ? [] : ["model"]
        let before = (try? JSON(parsing: old.input).object) ?? [:]
        let now = (try? JSON(parsing: job.input).object) ?? [:]
        for key in before.keys + now.keys.filter({ before[$0] == nil }) where before[key] != now[key] {
            let sources = newSources(in: order.input[key], stored: now[key], before: before[key])
            changes += sources.isEmpty ? [key] : sources
        }
        var seen: Set<String> = []
        let words = changes.filter { seen.insert($0).inserted }.joined(separator: ", ")
        return SafeText.escape(words.isEmpty ? name : "\(name) (\(words))")
    }

    /// The key that a line has in the batch.
    private static func name(in key: String) -> String? {
        key.utf8.lastIndex(of: UInt8(ascii: "@")).map { String(key[..<$0]) }
    }

    /// The lines that a value refers to and did not refer to before. `stored` is the same value with ids.
    private func newSources(in value: JSON?, stored: JSON?, before: JSON?) -> [String] {
        let old = texts(in: before)
        return zip(texts(in: value), texts(in: stored)).compactMap { text, stored in
            guard let key = Reference(text)?.source, let name = Self.name(in: key),
                keys[ExactText(name)]?.isExactly(key) == true, !old.contains(where: stored.isExactly)
            else { return nil }
            return name
        }
    }

    private func texts(in value: JSON?) -> [String] {
        var found: [String] = []
        _ = value?.replacingTexts { _, text in
            found.append(text)
            return nil
        }
        return found
    }
}
