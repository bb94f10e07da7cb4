/// A line of a shell, read and written by the rules of quoting.
enum ShellLine {
    /// The words so far; the last one may be unfinished, and empty, and stand in a quote that is open.
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

    /// The word as it can stand in the open quote; nil where it cannot.
    static func quoted(_ word: String, inside quote: Character) -> String? {
        let special = quote == "'" ? "'" : "\"$`\\!"
        return word.contains { special.contains($0) } ? nil : word
    }

    /// The word with a backslash before whatever has a meaning to the shell.
    static func quoted(_ word: String) -> String {
        word.reduce(into: "") { text, character in
            let isPlain =
                !character.isASCII || character.isLetter || character.isNumber
                || "-_./=:,+@%*".contains(character)
            text += isPlain ? "\(character)" : "\\\(character)"
        }.replacing("*", with: "\\*")
    }

    /// The word in single quotes, in which no shell looks for anything; bare where it needs none.
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
        // By scalars: a quote that carries an accent is another character, and still ends what stands in
        // quotes.
        return word.unicodeScalars.reduce(into: "'") { text, scalar in
            text += scalar == "'" ? #"'\''"# : "\(Character(scalar))"
        } + "'"
    }
}
