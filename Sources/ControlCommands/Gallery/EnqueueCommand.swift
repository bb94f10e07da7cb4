internal import Catalogue
internal import CommandLineTool
internal import JSON

/// The command line that enqueues the same job again, without the database that it stands in.
///
/// It is copied from a page and pasted into a terminal. So it has no character that steers one: what is not
/// plain text stands in it as JSON, with escapes.
struct EnqueueCommand {
    /// By which the words may be read: those that are known here, and none.
    private let readers: [ArgumentReader]

    init(schemas: [Schema]) { readers = (schemas + [nil]).map(ArgumentReader.init) }

    /// - Parameter validates: whether the job was held against its model's schema.
    func text(model: String, input: JSON, validates: Bool) -> String {
        let members = input.object?.members ?? []
        let words = members.map(word)
        let begin = ["jobctl", "enqueue"] + (validates ? [] : ["--no-validate"])
        let isDashed = ([model] + words).contains { $0.hasPrefix("-") }
        let operands = (isDashed ? ["--"] : []) + [model]
        let isPlain = words.allSatisfy { $0.utf8.count < 100_000 && SafeText.escape($0) == $0 }
        if isPlain, means(words, input) {
            return (begin + operands + words).map(ShellLine.literal).joined(separator: " ")
        }
        // Keys that no command line can name, and texts that are too long for one.
        let command = begin + ["--input", "-"] + operands
        return "printf %s \(ShellLine.literal(Self.text(of: input))) | "
            + command.map(ShellLine.literal).joined(separator: " ")
    }

    private func word(of member: JSONObject.Member) -> String {
        // A text that begins with @ would be the name of a file.
        if case .string(let text) = member.value, !text.utf8.contains(UInt8(ascii: "\\")),
            text.utf8.first != UInt8(ascii: "@"),
            SafeText.escape(text) == text,
            means(["\(member.key)=\(text)"], .object(JSONObject([member])))
        {
            return "\(member.key)=\(text)"
        }
        return "\(member.key):=\(Self.text(of: member.value))"
    }

    /// Whether words are read as this input, whatever schema is known where they are typed.
    private func means(_ words: [String], _ input: JSON) -> Bool {
        let meant = input.text
        return readers.allSatisfy { reader in
            let read = try? reader.read(words)
            return read.map { JSON.object($0).text.utf8.elementsEqual(meant.utf8) } ?? false
        }
    }

    /// JSON without a backslash before a backslash, which one shell reads as a single one in quotes too.
    private static func text(of value: JSON) -> String {
        var text = ""
        var isAfterBackslash = false
        for scalar in SafeText.escapeJSON(value.text).unicodeScalars {
            if isAfterBackslash {
                text += scalar == "\\" ? "\\u005c" : "\\\(Character(scalar))"
                isAfterBackslash = false
            } else if scalar == "\\" {
                isAfterBackslash = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
