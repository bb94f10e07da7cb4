/// How strict the reader is.
package enum JSONDialect: Sendable {
    /// What a service sent: repeated keys and half a surrogate pair are accepted.
    case lenient
    /// What a person wants to send: both are refused, because it cannot be known what was meant.
    case strict
    /// A file that people edit: strict, but with `//` and `/* */` comments and trailing commas.
    case configuration
}

/// What is wrong with a JSON text, and where. Lines and columns are counted from 1.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package var reason: String
    package var line: Int
    package var column: Int

    package init(reason: String, line: Int, column: Int) {
        self.reason = reason
        self.line = line
        self.column = column
    }

    package var description: String {
        line == 1 ? "\(reason) at character \(column)" : "\(reason) at line \(line), character \(column)"
    }
}
