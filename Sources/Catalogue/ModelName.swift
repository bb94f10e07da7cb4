/// Which model a person means who typed the end of its id.
///
/// Only whole segments at the end count: `seedream-4-0/edit` is no model by itself, while the beginning of an
/// id may well be one (`maker/model` beside `maker/model/fast`), and must not be taken for another that costs
/// more.
package enum ModelName: Equatable, Sendable {
    /// It is known, or no known id ends so: then it may be one that is not known here.
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
