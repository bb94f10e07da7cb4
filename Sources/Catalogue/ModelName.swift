internal import JSON
internal import Spelling

/// Which model is meant by the end of its id.
///
/// Only whole segments at the end count. The beginning of an id may be a model itself (`maker/model` besides
/// `maker/model/fast`), and must not be taken for another that costs more.
package enum ModelName: Equatable, Sendable {
    /// It is known, or no known id ends so. It may still be a model that is not known here.
    case asTyped
    case completed(String)
    case ambiguous([String])

    package init(_ typed: String, among known: [String]) {
        let ending = Array(("/" + typed).utf8)
        let candidates = known.filter { id in
            id.utf8.count >= ending.count && id.utf8.suffix(ending.count).elementsEqual(ending)
        }
        if typed.isEmpty || candidates.isEmpty || known.contains(typed) {
            self = .asTyped
        } else {
            self = candidates.count == 1 ? .completed(candidates[0]) : .ambiguous(candidates.sorted())
        }
    }

    /// So many wrong letters are a typing mistake rather than another model.
    private static let mostWrongLetters = 2

    /// The known id that an unknown one was probably meant to be: it, or an end of it, is almost the same.
    package static func meant(by typed: String, among known: [String]) -> String? {
        if known.contains(typed) { return nil }
        var ids: [String: String] = [:]
        var names: [String] = []
        for id in known {
            for end in ends(of: id) where ids[end] == nil {
                ids[end] = id
                names.append(end)
            }
        }
        return Suggestion.nearest(to: typed, among: names, within: mostWrongLetters).flatMap { ids[$0] }
    }

    /// The ends that are enough to name only one model of `known`, without the whole ids.
    package static func shortNames(of known: [String]) -> [(name: String, id: String)] {
        var counts: [String: Int] = [:]
        for id in known { for end in ends(of: id) { counts[end, default: 0] += 1 } }
        return known.flatMap { id in
            ends(of: id).dropFirst().filter { counts[$0] == 1 }.map { (String($0), id) }
        }
    }

    /// The id, and what follows each of its slashes.
    private static func ends(of id: String) -> [String] {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        return parts.indices.map { parts[$0...].joined(separator: "/") }
    }
}

/// What a model may be called: parts between slashes, of characters that need no encoding in a path.
package enum ModelID {
    package static func isSound(_ model: String) -> Bool {
        model.utf8.count <= 256
            && model.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part != "." && part != ".."
                    && part.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_.~".utf8.contains($0) }
            }
    }
}
