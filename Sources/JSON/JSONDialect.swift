/// How forgiving the reader is.
package enum JSONDialect: Sendable {
    /// What a service sent: a key that stands twice and half a surrogate pair are taken as well as can be.
    case lenient
    /// What a person wants sent: both are refused, since nobody can know which was meant.
    case strict
    /// A file that people edit: strict, but with `//` and `/* */` comments and trailing commas.
    case configuration
}

/// What is wrong with a JSON text, and where. Lines and columns count from 1.
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
