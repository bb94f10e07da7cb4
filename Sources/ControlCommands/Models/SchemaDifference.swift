internal import Catalogue
internal import JSON

/// The differences between two schemas of a model, in words.
enum SchemaDifference {
    static func words(from old: Schema, to new: Schema) -> [String] {
        var words: [String] = []
        func compare(_ what: String, _ before: String?, _ after: String?) {
            guard before != after else { return }
            words.append("\(what): \(after ?? "none"), was \(before ?? "none")")
        }
        compare("price", old.priceText ?? "not known", new.priceText ?? "not known")
        for property in old.properties where new[property.name] == nil {
            words.append("takes no \(property.name) any more")
        }
        for property in new.properties {
            let name = property.name
            let isRequired = new.required.containsExactly(name)
            guard let before = old[name] else {
                words.append("takes \(name)" + (isRequired ? ", which is required" : ""))
                continue
            }
            if isRequired != old.required.containsExactly(name) {
                words.append(isRequired ? "\(name) is required now" : "\(name) is not required any more")
            }
            let (was, now) = (PropertyWords(before), PropertyWords(property))
            compare(name, was.type, now.type)
            compare("\(name), limits", filled(was.limits), filled(now.limits))
            words += choices(name, was.choices, now.choices)
            compare("\(name), default", was.defaultText, now.defaultText)
            compare("\(name), each file", filled(was.files), filled(now.files))
        }
        return words
    }

    private static func filled(_ text: String) -> String? { text.isEmpty ? nil : text }

    private static func choices(_ name: String, _ old: [String], _ new: [String]) -> [String] {
        if old == new { return [] }
        if new.isEmpty { return ["\(name) takes any value now"] }
        if old.isEmpty { return ["\(name) takes only \(new.joined(separator: " | ")) now"] }
        let added = new.filter { !old.contains($0) }
        let removed = old.filter { !new.contains($0) }
        if added.isEmpty, removed.isEmpty { return ["\(name), choices: in another order"] }
        return [(added, "\(name) takes also"), (removed, "\(name) takes no more")].compactMap {
            values, words in
            values.isEmpty ? nil : "\(words) \(values.joined(separator: " | "))"
        }
    }
}
