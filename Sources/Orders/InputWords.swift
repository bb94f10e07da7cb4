internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import Spelling

/// `KEY=VALUE` as people type it: `KEY=@FILE` is the text of a file, `KEY=@-` that of standard input, and
/// `KEY=@@…` a text that begins with @. After `:=`, the file holds JSON.
package struct InputWords {
    private var standardInputIsTaken: Bool

    package init(standardInputIsTaken: Bool) { self.standardInputIsTaken = standardInputIsTaken }

    /// Changes inputs: a word sets a key, `without` removes keys.
    package mutating func change(
        _ templates: inout [Template], by words: [String], without: [String], _ checker: Checker
    ) throws {
        let words = try words.map { try resolved($0) }
        var missing = without
        for index in templates.indices where !words.isEmpty || !without.isEmpty {
            let schema = try checker.schema(of: templates[index].model)
            let given = try ArgumentReader(schema: schema).read(words)
            templates[index].typedKeys = given.keys
            for key in without where templates[index].input[key] != nil {
                templates[index].input[key] = nil
                missing.removeAll { $0.isExactly(key) }
            }
            for member in given.members { templates[index].input[member.key] = member.value }
        }
        if let key = missing.first {
            let near = Suggestion.nearest(to: key, among: templates.first?.input.keys ?? [])
            throw Failure.usage(
                "--without \(SafeText.escape(key)): the input has no such key",
                hint: near.map { "did you mean \(SafeText.escape($0))?" })
        }
    }

    /// The word, with a file name replaced by the text of the file.
    mutating func resolved(_ word: String) throws -> String {
        let (key, isJSON, text) = try ArgumentReader.split(word)
        guard text.utf8.first == UInt8(ascii: "@") else { return word }
        let path = String(Substring(text.utf8.dropFirst()))
        let sign = isJSON ? ":=" : "="
        if !isJSON, path.utf8.first == UInt8(ascii: "@") { return "\(key)=\(path)" }
        do { return key + sign + (try self.text(of: path)) } catch let failure as Failure {
            let key = SafeText.escape(DisplayWidth.cut(key, to: 40))
            throw Failure(
                failure.code, "\(key): \(failure.message)",
                hint: isJSON
                    ? nil
                    : "\(key)=@FILE reads a text; a file for the model is \(key)=FILE; "
                        + "a text that begins with @ is \(key)=@@…")
        }
    }

    private mutating func text(of path: String) throws -> String {
        if path.isEmpty { throw Failure.usage("which file?") }
        if path == "-" {
            if standardInputIsTaken { throw Failure.usage("standard input can be read only once") }
            standardInputIsTaken = true
        }
        var bytes = try InputReader(path).all()
        // The end of the last line is not part of the text.
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        let name = path == "-" ? "standard input" : SafeText.escape(path)
        if bytes.contains(0) { throw Failure(.inputRefused, "\(name) is not text: it contains a NUL") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.inputRefused, "\(name) is not UTF-8")
        }
        return text
    }
}
