internal import Glibc
internal import System

/// A `sqlite3` that has a transaction open, until it is released: another program that uses the store.
package final class OpenTransaction {
    package let program: Program
    /// As long as it is open, sqlite3 waits for more.
    private var input: FileDescriptor?

    /// Returns once the transaction is open.
    ///
    /// - Parameter sql: begins the transaction and reads or writes.
    package init(_ database: String, _ sql: String) throws {
        let pipe = try FileDescriptor.pipe()
        program = try Program(
            "sqlite3", ["-batch", database], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"],
            input: pipe.output.number)
        try pipe.input.write(Array(".timeout 600000\n\(sql)\n.print it is open\n".utf8))
        input = pipe.input
        try eventually("the transaction is open") { program.output.contains("it is open") }
    }

    /// Ends the transaction and the program.
    package func end() { program.end() }
}
