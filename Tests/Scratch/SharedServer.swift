internal import Glibc
package import SQL
internal import System

/// A real PostgreSQL server: that of all tests of this process, or one that a test may kill.
package final class SharedServer: @unchecked Sendable {
    /// The directory of its data and its socket.
    package let folder: String
    private var program: Program?
    private let options: [String]
    private let script: String

    /// Started with the first test that asks for it, and fast: no test of it cuts the power.
    package static let ofAllTests = Result {
        try SharedServer("-c", "fsync=off", "-c", "max_connections=500")
    }

    /// Whether the tests of the store run on PostgreSQL.
    package static let isTested = getenv("TEST_STORE").map { String(cString: $0) } == "postgresql"

    /// Where the newest PostgreSQL on this machine has its programs.
    private static let programs: String? = {
        let folder = "/usr/lib/postgresql"
        let version = FileOnDisk.names(folder).filter { FileOnDisk.exists("\(folder)/\($0)/bin/postgres") }
            .max { Int($0) ?? 0 < Int($1) ?? 0 }
        return version.map { "\(folder)/\($0)/bin" }
    }()

    package static let isInstalled = programs != nil

    /// What the `psql` shell makes of `sql`: a writer that knows nothing of us.
    package static func psql(_ address: String, _ sql: String) -> Answer {
        Program.run(
            (programs ?? "") + "/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", address, "-c",
            sql)
    }

    package init(_ options: String..., source: String = #filePath) throws {
        folder = try TemporaryFile.newDirectory(prefix: "/tmp/jobd-pg")
        chmod(folder, 0o755)
        self.options = options
        script = source.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/postgresql/serve"
        try start()
    }

    deinit { program?.end() }

    package func start() throws {
        program = try launch()
        try eventually("the server answers: \(program?.errors ?? "")") {
            if program?.hasEnded != false {
                // The children of one that was killed end a moment later than it.
                guard program?.errors.contains("still in use") != false else {
                    throw Never(description: program?.errors ?? "")
                }
                program = try launch()
            }
            return (try? query("postgres", "SELECT 1")) != nil
        }
    }

    private func launch() throws -> Program {
        try Program(
            "bash", [script, folder] + options,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "WATCH": String(getpid())])
    }

    /// As after a crash of the machine, but for what is in its memory.
    package func kill() {
        // The postmaster's children end when they notice that it is gone.
        program?.end()
        program = nil
    }

    package func stop() throws { _ = try program?.exitCode(after: SIGINT) }

    package func address(_ database: String) -> String {
        "postgresql:///\(database)?host=\(folder)&user=postgres"
    }

    package func connection(_ database: String) throws -> Connection {
        .postgresql(
            try PostgreSQLConnection(
                StoreAddress(address(database)), patience: .zero, lockLimit: .seconds(600)))
    }

    private func query(_ database: String, _ sql: String) throws { try connection(database).execute(sql) }

    private static let count = Locked(0)

    /// A new database, made from `template`.
    package func database(from template: String = "template1") throws -> String {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        let name = "t\(number)"
        try query("postgres", "CREATE DATABASE \(name) TEMPLATE \(template)")
        return name
    }

    package func query(_ sql: String) throws { try query("postgres", sql) }
}
