internal import Glibc

/// One connection to a PostgreSQL server, used by one thread at a time.
///
/// The store has one writer at a time, as in SQLite: each transaction that writes begins by taking the same
/// lock. So what a transaction reads stays true until its end, and ids are given in the order of commits.
@safe package final class PostgreSQLConnection {
    private let address: StoreAddress
    let library: Libpq
    private(set) var handle: OpaquePointer
    /// What is sent with the next statement whose answer is awaited.
    var unsent: [Unsent] = []
    /// How often each statement was run here, by its text; one that is run again is prepared.
    private var statements: [String: Prepared] = [:]
    /// How long to wait for a server that is not there.
    package var patience: Duration
    private let lockLimit: Duration
    private let onWait: () -> Void
    private let onAbsence: (String) -> Void
    /// For a caller that waits for a lost server without end: called before each try, and throws to give up.
    private var whileLost: ((String) throws -> Void)?
    /// Run for each new connection, by what they set.
    private var setup: [(name: String, statement: String)]
    /// The transaction's number, for the question whether it was committed.
    private var transactionID: String?
    /// Whether the last transaction was committed, by what it has written; set in it.
    package var proof: (() throws -> Bool)?
    /// A transaction or a snapshot has begun, which does not go on with another connection.
    private(set) var hasBegun = false
    /// How many transactions have begun here that write.
    package private(set) var transactionCount: Int64 = 0
    /// How long to ask whether a transaction was committed whose answer was lost.
    var longestDoubt = Duration.seconds(30)
    /// Called in each transaction that writes, once it has the lock.
    package var whenLocked: (() throws -> Void)?

    struct Prepared {
        let text: String
        let name: String
        var isPrepared = false
    }

    /// How long a transaction may wait for its client: one whose machine is gone must not keep all others.
    private static let idleLimit = Duration.seconds(8)
    /// After this time, `onWait` tells who waits.
    static let quietWait = Duration.seconds(2)

    /// - Parameters:
    ///   - patience: how long to wait for a server that is not there.
    ///   - lockLimit: how long to wait for other writers.
    package init(
        _ address: StoreAddress, readOnly: Bool = false, patience: Duration, lockLimit: Duration,
        onWait: @escaping () -> Void = {}, onAbsence: @escaping (String) -> Void = { _ in }
    ) throws(SQLError) {
        library = try Libpq.load()
        (self.address, self.patience, self.lockLimit) = (address, patience, lockLimit)
        (self.onWait, self.onAbsence) = (onWait, onAbsence)
        setup = [
            (
                "",
                """
                SET client_min_messages = warning; SET jit = off;
                SET idle_in_transaction_session_timeout = '\(Self.idleLimit.wholeMilliseconds)ms';
                SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3;
                SET default_transaction_read_only = \(readOnly ? "on" : "off")
                """
            )
        ]
        unsafe handle = try address.connect(library, patience, onAbsence: onAbsence)
        try prepareSession()
    }

    deinit { unsafe library.finish(handle) }

    /// As people know it, such as 15.18.
    package var serverVersion: String {
        let number = unsafe library.serverVersion(handle)
        return "\(number / 10000).\(number % 10000)"
    }

    // MARK: - Session

    private func prepareSession() throws(SQLError) {
        unsafe _ = library.silence(handle, { _, _ in }, nil)
        statements.removeAll()
        for entry in setup { try execute(entry.statement) }
    }

    /// Has a statement run now, and for each connection that takes this one's place. It replaces the one of
    /// the same name.
    package func always(_ name: String, _ statement: String) throws {
        setup.removeAll { $0.name == name }
        setup.append((name, statement))
        try reconnectIfLost()
        try execute(statement)
    }

    package var isLost: Bool { unsafe library.status(handle) != Libpq.ok }

    func reconnectIfLost() throws(SQLError) {
        guard isLost, !hasBegun else { return }
        try reconnect()
    }

    private func reconnect() throws(SQLError) {
        let new = try unsafe address.connect(library, patience, onAbsence: onAbsence)
        unsafe library.finish(handle)
        unsafe handle = new
        try prepareSession()
    }

    // MARK: - Notifications

    /// Becomes readable when a notification may have come. It changes when the connection is made anew.
    package var socket: Int32 { unsafe library.socket(handle) }

    /// Whether a notification has come since the last call.
    package func takeNotifications() -> Bool {
        var found = false
        unsafe _ = library.consumeInput(handle)
        while let notification = unsafe library.notification(handle) {
            unsafe library.freeMemory(notification)
            found = true
        }
        return found
    }

    // MARK: - Statements

    /// Runs a script of several statements without parameters or rows.
    package func execute(_ text: String) throws(SQLError) { _ = try answer(to: text) }

    private func answer(to text: String) throws(SQLError) -> PostgreSQLResult {
        try sendUnsent()
        return try unsafe checked(library.execute(handle, text), text)
    }

    /// Runs one statement and returns how many rows it changed.
    package func rowsChanged(by sql: String, _ values: [any Bindable]) throws -> Int {
        try result(sql, values).changes
    }

    package func first<Value>(
        _ sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Value
    ) throws -> Value? {
        let result = try result(sql, values)
        return result.rowCount > 0 ? try read(Row(result, 0)) : nil
    }

    package func all<Value>(
        _ sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Value
    ) throws -> [Value] {
        let result = try result(sql, values)
        var found: [Value] = []
        found.reserveCapacity(Int(result.rowCount))
        for row in 0..<result.rowCount { found.append(try read(Row(result, row))) }
        return found
    }

    /// From now on, what only reads waits for a lost server for as long as `body` does not throw.
    package func waitOut(_ body: @escaping (String) throws -> Void) {
        patience = .zero
        whileLost = body
    }

    private func result(_ sql: String, _ values: [any Bindable]) throws -> PostgreSQLResult {
        if !unsent.isEmpty { return try sendUnsent(then: Unsent(sql, values)) }
        let values = try PostgreSQLValues(values)
        // None of the store's statements that begin with WITH writes.
        let isRead = sql.hasPrefix("SELECT") || sql.hasPrefix("WITH")
        return try onceMore(ifLost: isRead && !hasBegun) {
            try reconnectIfLost()
            return try result(sql, values)
        }
    }

    /// Runs `body` again on a new connection if the one was lost, which shows only when it is used. It must
    /// be such that nothing of it is left then.
    private func onceMore<Value>(ifLost isMeant: Bool, _ body: () throws -> Value) throws -> Value {
        var mayRepeat = isMeant && !isLost
        while true {
            do { return try body() } catch let error as SQLError where error.kind == .unreachable {
                if isMeant, let whileLost {
                    try whileLost(error.message)
                    usleep(200_000)
                } else {
                    guard mayRepeat, isLost else { throw error }
                    mayRepeat = false
                }
            }
        }
    }

    private func result(_ sql: String, _ values: PostgreSQLValues) throws -> PostgreSQLResult {
        let statement = try prepared(sql, values.types)
        let count = Int32(values.types.count)
        let answer = unsafe values.withPointers { pointers in
            unsafe statement.isPrepared
                ? library.executePrepared(handle, statement.name, count, pointers, nil, nil, 0)
                : library.executeParams(
                    handle, statement.text, count, values.types, pointers, nil, nil, 0)
        }
        return try unsafe checked(answer, sql)
    }

    /// Preparing takes a round trip of its own, which pays from the second run on.
    func prepared(_ sql: String, _ types: [UInt32], always: Bool = false) throws(SQLError) -> Prepared {
        guard var statement = statements[sql] else {
            let new = Prepared(text: PostgreSQLText.translated(sql), name: "s\(statements.count)")
            statements[sql] = new
            return always ? try prepared(sql, types) : new
        }
        if !statement.isPrepared {
            let answer = unsafe library.prepare(
                handle, statement.name, statement.text, Int32(types.count), types)
            _ = try unsafe checked(answer, sql)
            statement.isPrepared = true
            statements[sql] = statement
        }
        return statement
    }

    func checked(_ answer: OpaquePointer?, _ sql: String) throws(SQLError) -> PostgreSQLResult {
        guard let answer = unsafe answer else { throw lost(sql) }
        let result = unsafe PostgreSQLResult(answer, library)
        switch result.status {
        case Libpq.commandDone, Libpq.rowsDone: return result
        default: throw isLost ? lost(sql) : result.error(in: sql)
        }
    }

    func lost(_ sql: String) -> SQLError {
        let words = unsafe library.errorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        return SQLError(.unreachable, "the server was lost: \(StoreAddress.oneLine(words))", sql: sql)
    }

    // MARK: - Transactions

    package var isInTransaction: Bool {
        unsafe Libpq.openTransactions.contains(library.transactionStatus(handle))
    }

    /// Runs `body` in a transaction that no other one writes beside: all of it is kept, or none.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try begin()
        do {
            try whenLocked?()
            let value = try body()
            try sendUnsent()
            // What failed, and was passed over, has ended the transaction.
            guard unsafe library.transactionStatus(handle) != Libpq.failedTransaction else {
                throw SQLError(.other, "a statement has failed in this transaction")
            }
            try commit()
            return value
        } catch {
            rollback()
            throw error
        }
    }

    /// Takes the lock of those who write. It is tried for a moment at first, so that a wait can be told of.
    private func begin() throws {
        let start = ContinuousClock.now
        var hasTold = false
        while true {
            let left = lockLimit - (.now - start)
            let limit = hasTold ? left : min(left, Self.quietWait)
            do {
                let begin = """
                    BEGIN; SET LOCAL lock_timeout = '\(max(1, limit.wholeMilliseconds))ms';
                    SELECT pg_current_xact_id()::text FROM pg_advisory_xact_lock(
                        hashtextextended('jobd ' || current_schema(), 0))
                    """
                let locked = try onceMore(ifLost: true) {
                    try reconnectIfLost()
                    return try answer(to: begin)
                }
                transactionID = unsafe locked.bytes(0, 0).map { unsafe String(decoding: $0, as: UTF8.self) }
                hasBegun = true
                proof = nil
                transactionCount += 1
                return
            } catch let error as SQLError {
                rollback()
                guard error.kind == .busy else { throw error }
                if !hasTold, .now - start >= Self.quietWait {
                    hasTold = true
                    onWait()
                }
                if .now - start >= lockLimit { throw error }
            }
        }
    }

    /// If the answer is lost, the server is asked whether the transaction was committed.
    private func commit() throws(SQLError) {
        do {
            try execute("COMMIT")
            (transactionID, hasBegun) = (nil, false)
        } catch  where error.kind == .unreachable {
            guard let id = transactionID else { throw error }
            try settle(id, error)
        }
    }

    private func settle(_ id: String, _ loss: SQLError) throws(SQLError) {
        let end = ContinuousClock.now + max(patience, longestDoubt)
        // Nothing is known before it is answered, whatever is in the way.
        while .now < end {
            switch try? status(of: id) {
            case "committed":
                // After a crash, the server may reuse the number of a transaction that it lost.
                guard let proof else { throw Self.doubt }
                if let isDone = try? proof() {
                    if !isDone { throw loss }
                    (transactionID, hasBegun) = (nil, false)
                    return
                }
            case "aborted": throw loss
            default: break
            }
            usleep(100_000)
        }
        throw Self.doubt
    }

    private static let doubt = SQLError(.inDoubt, "the server was lost during a commit")

    /// What has become of a transaction, asked on a new connection.
    private func status(of id: String) throws(SQLError) -> String {
        try reconnect()
        let status = try answer(to: "SELECT pg_xact_status('\(id)'::xid8)")
        return unsafe status.bytes(0, 0).map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func rollback() {
        (transactionID, hasBegun, unsent) = (nil, false, [])
        if !isLost, unsafe library.transactionStatus(handle) != Libpq.idle { try? execute("ROLLBACK") }
    }

    /// Runs `body` on one unchanging snapshot of the database.
    package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try onceMore(ifLost: true) {
            try reconnectIfLost()
            try execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
        hasBegun = true
        defer { rollback() }
        return try body()
    }

    /// Runs `body` inside a transaction so that a failure undoes only its own changes.
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        try execute("SAVEPOINT part")
        do {
            let value = try body()
            try execute("RELEASE part")
            return value
        } catch {
            unsent = []
            if !isLost { try execute("ROLLBACK TO part; RELEASE part") }
            throw error
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
