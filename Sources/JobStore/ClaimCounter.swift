internal import Glibc
internal import JSON
internal import JobModel
internal import SQL
internal import System

/// How many claims there were, in a file beside the database. The database counts them too.
///
/// jobd writes the file when a claim is committed, before anything is sent. So if the file knows of more
/// claims than the database, the database is an older one, and what it calls queued may have been sent. The
/// file is not synced for each claim: after a power cut, it may miss what was claimed in the last seconds.
final class ClaimCounter: Sendable {
    private let file: FileDescriptor
    private let path: String

    /// Opens the file, and creates it if it is missing.
    ///
    /// - Parameter store: the id of a shared store; nil for the database in the directory.
    init(in directory: StateDirectory, store: String? = nil) throws {
        path = directory.claimCounter(ofStore: store)
        file = try directory.openFile(path)
    }

    /// What is written in the file; nil if nothing is.
    var count: Int64? { (try? file.read(32, at: 0)).flatMap(Self.parse) }

    /// The same without creating the file.
    static func count(in directory: StateDirectory) -> Int64? {
        let file = try? FileDescriptor(opening: directory.claimCounter(), flags: O_NOFOLLOW | O_NONBLOCK)
        return (try? file?.read(32, at: 0)).flatMap(parse)
    }

    private static func parse(_ bytes: [UInt8]) -> Int64? {
        let digits = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return Int64(String(decoding: digits, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// All digits are written each time, so that no number is ever a part of another one.
    func write(_ count: Int64) throws {
        let digits = String(count)
        let text = String(repeating: "0", count: max(0, 19 - digits.count)) + digits + "\n"
        try StoreError.at(path, try file.write(Array(text.utf8), at: 0))
    }

    func sync() throws { try StoreError.at(path, try file.sync()) }
}

extension JobDatabase {
    private static let claimsName = "claims"

    /// How many claims this database knows of.
    func claims() throws -> Int64 {
        try first("SELECT value FROM daemon_settings WHERE name = ?1", Self.claimsName) {
            Int64($0.text(0)) ?? 0
        } ?? 0
    }

    /// Counts a claim, inside its transaction. Returns how many there are with it.
    package func countClaim() throws -> Int64 {
        let count = try claims() + 1
        try setClaims(count)
        return count
    }

    func setClaims(_ count: Int64) throws {
        try run(
            """
            INSERT INTO daemon_settings (name, value) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, Self.claimsName, String(count))
    }

    /// Sets aside what may have been sent if this database is older than what the counter knows of; inside
    /// the caller's transaction. With a shared store, nobody sends anything more until a person resumes.
    ///
    /// - Returns: how many claims there were, and what was set aside.
    package func catchUp(withClaims noted: Int64?) throws -> (count: Int64, setAside: SetAside?) {
        let own = try claims()
        guard let noted, noted > own else { return (own, nil) }
        try setClaims(noted)
        let setAside = try setAside(.olderDatabase)
        try append(
            .fault, ["trouble": "store", "detail": .string(setAside.words)], job: nil, at: now)
        if isShared { _ = try setPause(.hand, "\(setAside.words); look at them, then: jobctl resume") }
        return (noted, setAside)
    }
}

extension JobStore {
    /// How many claims the counter knows of; nil if it does not exist yet.
    package nonisolated var notedClaims: Int64? { (try? counter.get())?.count }

    /// Writes the number of claims into the counter. Call it before anything of the last one is sent.
    package nonisolated func noteClaims(_ count: Int64, synced: Bool = false) throws {
        let counter = try counter.get()
        if synced, counter.count == count { return }
        try counter.write(count)
        if synced { try counter.sync() }
    }
}
