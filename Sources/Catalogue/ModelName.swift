internal import JSON

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
