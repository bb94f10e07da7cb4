/// Reads and writes words of a shell line by the rules of quoting.
enum ShellLine {
    /// The words so far. The last one may be unfinished, empty, or inside an open quote.
    static func read(_ line: String) -> (words: [String], openQuote: Character?) {
        var words: [String] = []
        var word = ""
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                word.append(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return (words + [word], quote)
    }

    /// The word as it is written inside the open quote; nil if it cannot be.
    static func quoted(_ word: String, inside quote: Character) -> String? {
        let special = quote == "'" ? "'" : "\"$`\\!"
        return word.contains { special.contains($0) } ? nil : word
    }

    /// The word with a backslash before each character that is special to the shell.
    static func quoted(_ word: String) -> String {
        word.reduce(into: "") { text, character in
            let isPlain =
                !character.isASCII || character.isLetter || character.isNumber
                || "-_./=:,+@%".contains(character)
            text += isPlain ? "\(character)" : "\\\(character)"
        }
    }

    /// The word in single quotes, in which nothing is special; bare if it needs none.
    static func literal(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-_./:=,+@%".utf8.contains(byte)
                }
            }
        if isPlain { return word }
        // By scalars: a quote with a combining accent is another Character, but still ends the quotes.
        return word.unicodeScalars.reduce(into: "'") { text, scalar in
            text += scalar == "'" ? #"'\''"# : "\(Character(scalar))"
        } + "'"
    }
}
