/// What a person searches for, as an expression of SQLite's full-text search, whose syntax is escaped.
package struct SearchWords: Equatable, Sendable {
    /// The expression for MATCH.
    let expression: String

    /// - Parameters:
    ///   - wanted: must all occur. One with spaces in it is a phrase; quotes may mark several phrases.
    ///   - unwanted: the same, none of which may occur.
    /// - Returns: nil if `wanted` holds no word.
    package init?(_ wanted: [String], without unwanted: [String] = []) {
        let wanted = wanted.flatMap(Self.terms)
        guard !wanted.isEmpty else { return nil }
        let unwanted = unwanted.flatMap(Self.terms)
        let all = wanted.joined(separator: " AND ")
        expression = unwanted.isEmpty ? all : "(\(all)) NOT (\(unwanted.joined(separator: " OR ")))"
    }

    /// The phrases of one argument. Without quotes it is one phrase; with quotes, text outside them is words.
    private static func terms(_ argument: String) -> [String] {
        guard argument.contains("\"") else { return [term(argument[...])].compactMap { $0 } }
        var terms: [String?] = []
        let parts = argument.split(separator: "\"", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index % 2 == 1 {
                // A star after the closing quote belongs to the phrase.
                let isPrefix = index + 1 < parts.count && parts[index + 1].first == "*"
                terms.append(term(part + (isPrefix ? "*" : "")))
            } else {
                terms += part.split(whereSeparator: \.isWhitespace).map { term($0) }
            }
        }
        return terms.compactMap { $0 }
    }

    private static func term(_ text: Substring) -> String? {
        guard SearchText.hasWord(String(text)) else { return nil }
        let quoted = SearchText.prepared(String(text)).replacing("\"", with: "\"\"")
        return "\"\(quoted)\"" + (text.last == "*" ? " *" : "")
    }
}
