internal import JobModel
internal import SQL
package import System

/// Moves the database of a state directory into a shared store: whole, or not at all.
///
/// Three commits make it so: the store is `arriving`, which every program refuses; the database is `moved`,
/// which every program refuses; the store is open. The rows come in a transaction between the first two.
/// Whenever this is killed, the same once more goes on from there: a database that is not `moved` has all
/// rows still, and one that is cannot change, so that the store may always be filled anew from it.
package struct StoreMove {
    package enum Step: Sendable { case check, copy, compare }

    package struct Progress: Sendable {
        package let step: Step
        package let rows: Int
        package let table: String
    }

    package struct Outcome: Sendable {
        /// How many rows each table has.
        package let rows: [(table: String, count: Int)]
        /// The jobs that were being sent when the last jobd ended.
        package let doubted: [Int64]
        /// Whether there was nothing left to do.
        package let wasDone: Bool
    }

    private let source: JobDatabase
    private let file: SQLiteConnection
    private let target: MoveTarget
    private let lock: StateLock
    private let tables: [MovedTable]
    private let host = Lease.Holder.hostName
    private let onProgress: (Progress) -> Void

    /// - Parameters:
    ///   - directory: whose database is moved to the shared store that it names.
    ///   - lock: the state directory's lock, which the caller holds until the end.
    ///   - onWait: called if another program's write transaction is in the way.
    package init(
        _ directory: StateDirectory, holding lock: StateLock,
        onWait: @escaping (RunningProcess?) -> Void = { _ in },
        onProgress: @escaping (Progress) -> Void = { _ in }
    ) throws {
        guard let address = directory.shared else { throw StoreError.nowhere }
        try lock.check()
        self.lock = lock
        self.onProgress = onProgress
        source = try JobDatabase(directory.withoutSharedStore, .move, lock: lock, onWait: onWait)
        guard let file = source.file else { throw StoreError.needsDump }
        self.file = file
        tables = try StoreError.at(database: directory.database) { try MovedTable.all(in: file) }
        target = try MoveTarget(
            address, from: "\(Lease.Holder.hostName):\(directory.path)", tables.map(\.name)
        ) { onWait(nil) }
    }

    // MARK: - Looking

    /// The jobs that are still to be sent and name local files.
    package func jobsWithLocalFiles() throws -> [Int64] {
        try source.all(
            """
            SELECT DISTINCT jobs.id FROM input_files JOIN jobs ON jobs.id = job_id
            WHERE ended_at IS NULL AND request_id IS NULL ORDER BY jobs.id
            """
        ) { $0.integer(0) }
    }

    /// Reads everything, and throws if something could not be moved. Writes nothing.
    package func check() throws -> Outcome {
        let state = try target.state()
        if try isDone(state) { return Outcome(rows: [], doubted: [], wasDone: true) }
        if state == .open { try target.requireEmpty() }
        return try source.snapshot {
            let rows = try survey()
            let doubted = try source.all("SELECT id FROM jobs WHERE state = 'submitting'") { $0.integer(0) }
            return Outcome(rows: rows, doubted: doubted, wasDone: false)
        }
    }

    /// Whether the last step was taken, too. Throws if the database was moved elsewhere.
    private func isDone(_ state: MoveTarget.State) throws -> Bool {
        let moved = try MoveMark.address(in: file)
        switch state {
        case .arriving(let other): throw StoreError.arriving(from: other)
        case .arrivingFromHere: return false
        case .arrivedFromHere where moved != nil: return true
        case .arrivedFromHere:
            throw StoreError.targetInUse(
                reason: "another database of this directory was moved there before",
                hint: "name another target")
        case .open:
            if let moved, moved != target.address.text {
                throw StoreError.moved(path: source.directory.database, to: moved)
            }
            return false
        }
    }

    /// How many rows each table has. Throws if a text is none that PostgreSQL can hold.
    private func survey() throws -> [(table: String, count: Int)] {
        var faults: [String] = []
        var faultCount = 0
        let rows = try tables.map { table in
            var count = 0
            try table.rows(of: file, host: host) { row in
                count += 1
                for fault in table.faults(of: row) {
                    faultCount += 1
                    if faults.count < Self.namedFaults {
                        faults.append("\(try table.title(ofRow: count - 1, in: file)): \(fault)")
                    }
                }
                report(.check, count, table)
                return true
            }
            return (table: table.name, count: count)
        }
        if faultCount > faults.count { faults.append("and \(faultCount - faults.count) more") }
        if !faults.isEmpty {
            throw StoreError.refused(
                reason: "PostgreSQL cannot hold these texts: " + faults.joined(separator: "; "))
        }
        return rows
    }

    private static let namedFaults = 10

    private func report(_ step: Step, _ count: Int, _ table: MovedTable) {
        if count % 1000 == 0 { onProgress(Progress(step: step, rows: count, table: table.name)) }
    }

    // MARK: - Moving

    /// - Parameter whenLocked: called once no one else writes any more. If it throws, nothing is changed.
    package func run(whenLocked: () throws -> Void = {}) throws -> Outcome {
        let checked = try check()
        if checked.wasDone { return checked }
        let isMoved = try MoveMark.address(in: file) != nil
        // No one else writes from here on. Who only reads is not kept waiting.
        let (rows, doubted): ([(table: String, count: Int)], [Int64]) = try source.perform {
            if isMoved { return (try finish(), []) }
            return try file.transaction {
                try whenLocked()
                return try moveInTransaction()
            }
        }
        try target.open()
        _ = try? source.tidy(holding: lock)
        return Outcome(rows: rows, doubted: doubted, wasDone: false)
    }

    private func moveInTransaction() throws -> (rows: [(table: String, count: Int)], doubted: [Int64]) {
        // As the next jobd would do here: no one can know what was being sent.
        let doubted = try source.doubtSubmitting().map(\.id)
        let rows = try fill()
        // Filling may have taken a long time.
        try lock.check()
        try MoveMark.set(target.address.text, in: file)
        return (rows, doubted)
    }

    /// Once the database is given up, everything is there, unless the server has lost what it had confirmed.
    private func finish() throws -> [(table: String, count: Int)] {
        // Who was killed after writing that commit may not have synced it: a power cut would undo it.
        try source.syncCommits()
        guard try target.state() == .arrivingFromHere else { return try fill() }
        let sums = try tables.map { table in
            let copier = RowCopier(table, copies: false)
            try table.rows(of: file, host: host) { row in
                copier.add(row)
                report(.compare, copier.count, table)
                return true
            }
            return Sum(count: copier.count, digest: copier.result())
        }
        let isWhole = try target.read { server in
            try zip(tables, sums).allSatisfy { try sum($0, of: server) == $1 }
        }
        return try isWhole ? zip(tables, sums).map { ($0.name, $1.count) } : fill()
    }

    /// Brings all rows to the target, in one transaction there. If the target refuses them, it is as before.
    private func fill() throws -> [(table: String, count: Int)] {
        let isNew = try target.beginArriving()
        do {
            return try target.transaction(emptyFirst: !isNew) { server in
                let sums = try tables.map { try copy($0, to: server) }
                try setSequences(server)
                for (table, sum) in zip(tables, sums) { try compare(table, sum, server) }
                return zip(tables, sums).map { ($0.name, $1.count) }
            }
        } catch {
            if case .refused? = error as? StoreError, try MoveMark.address(in: file) == nil {
                try target.abandon()
            }
            throw error
        }
    }

    private struct Sum: Equatable {
        let count: Int
        let digest: [UInt8]
    }

    /// How many rows are sent with one COPY: the server keeps a note of each until its end.
    private static let rowsOfCopy = 50_000

    private func copy(_ table: MovedTable, to server: PostgreSQLConnection) throws -> Sum {
        let copier = RowCopier(table, copies: true)
        let columns = table.columns.map(\.name)
        var first = 0
        func end() throws {
            try copier.takeText(true) { try server.copy($0) }
            do { try server.endCopy() } catch let refusal as CopyRefusal {
                let title = try table.title(ofRow: first + max(refusal.line, 1) - 1, in: file)
                throw StoreError.refused(reason: "\(title) cannot be moved: \(refusal.error.message)")
            }
        }
        try table.rows(of: file, host: host) { row in
            if copier.count == first { try server.beginCopy(into: table.name, columns) }
            copier.add(row)
            try copier.takeText { try server.copy($0) }
            if copier.count - first == Self.rowsOfCopy {
                try end()
                first = copier.count
            }
            report(.copy, copier.count, table)
            return true
        }
        if copier.count > first { try end() }
        return Sum(count: copier.count, digest: copier.result())
    }

    /// The rows as the server has them.
    private func sum(_ table: MovedTable, of server: PostgreSQLConnection) throws -> Sum {
        let copier = RowCopier(table, copies: false)
        try table.rows(of: server) { row in
            copier.add(row)
            report(.compare, copier.count, table)
            return true
        }
        return Sum(count: copier.count, digest: copier.result())
    }

    private func compare(_ table: MovedTable, _ sum: Sum, _ server: PostgreSQLConnection) throws {
        let arrived = try self.sum(table, of: server)
        guard arrived == sum else {
            throw StoreError.unexpected(
                reason: "\(table.name) differs after the copy: \(arrived.count) rows in place of \(sum.count)"
            )
        }
    }

    /// Ids go on where they are here: none is ever used again.
    private func setSequences(_ server: PostgreSQLConnection) throws {
        let last = try file.all("SELECT name, seq FROM sqlite_sequence WHERE seq > 0") {
            (table: $0.text(0), id: $0.integer(1))
        }
        for (table, id) in last {
            try server.run(
                """
                SELECT setval(CAST(?1 AS regclass),
                    greatest(?2, pg_sequence_last_value(CAST(?1 AS regclass))))
                """, ["\(table)_id_seq", id])
        }
    }
}

/// That a database file was moved to a shared store: no program may use it any more.
enum MoveMark {
    static let setting = "moved_to"
    private static let words = "this store was moved to "

    /// Where the database was moved to; nil if it was not.
    static func address(in file: SQLiteConnection) throws -> String? {
        try file.first("SELECT value FROM daemon_settings WHERE name = ?1", setting) { $0.text(0) }
    }

    /// Marks it, inside the caller's transaction. Programs that know nothing of this are refused, too.
    static func set(_ address: String, in file: SQLiteConnection) throws {
        try file.run("INSERT INTO daemon_settings (name, value) VALUES (?1, ?2)", setting, address)
        let text = (words + address).split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "''")
        for table in ["jobs", "outputs", "events", "pauses"] {
            for verb in ["INSERT", "UPDATE", "DELETE"] {
                try file.execute(
                    """
                    CREATE TRIGGER \(table)_moved_\(verb.lowercased()) BEFORE \(verb) ON \(table)
                    BEGIN SELECT RAISE(ABORT, '\(text)'); END
                    """)
            }
        }
    }

    /// The address in what one of these triggers says.
    static func address(in refusal: String) -> String? {
        refusal.hasPrefix(words) ? String(refusal.dropFirst(words.count)) : nil
    }
}
