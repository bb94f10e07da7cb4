internal import JobModel
internal import SQL

/// What the server of a shared store is, and how it keeps what it has confirmed.
package struct ServerFacts: Sendable {
    /// Such as 15.18, and as a number to compare.
    package let version: String
    package let versionNumber: Int64
    package let user: String
    package let database: String
    /// Nil if the connection leaves no machine.
    package let encryption: String?
    package let isLocal: Bool
    /// A standby that is not promoted.
    package let isReadOnly: Bool
    package let synchronousCommit: String
    package let fsync: Bool
    package let fullPageWrites: Bool
    package let synchronousStandbys: String
    package let standbys: Int64
    /// What the user may not do, of what the programs need.
    package let missingRights: [String]
    /// How much its clock is ahead of this machine's.
    package let clockLead: Duration
}

extension JobDatabase {
    /// Nil for a database file.
    package func serverFacts() throws -> ServerFacts? {
        guard let server else { return nil }
        let missing = try all(
            """
            SELECT relname || ' (' || verb || ')' FROM pg_class
            CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS verbs (verb)
            WHERE relkind = 'r'
                AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
                AND NOT has_table_privilege(pg_class.oid, verb) ORDER BY relname, verb
            """
        ) { $0.text(0) }
        let start = now
        return try first(
            """
            SELECT current_setting('server_version_num')::bigint, current_user::text,
                current_database()::text,
                (SELECT version || ' ' || cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl),
                inet_server_addr() IS NULL OR host(inet_server_addr()) IN ('127.0.0.1', '::1'),
                pg_is_in_recovery(), current_setting('synchronous_commit'), current_setting('fsync') = 'on',
                current_setting('full_page_writes') = 'on', current_setting('synchronous_standby_names'),
                (SELECT count(*) FROM pg_stat_replication),
                CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)
            """
        ) { row in
            // The server read its clock at some time between the question and the answer.
            let here = (start.milliseconds + now.milliseconds) / 2
            return ServerFacts(
                version: server.serverVersion, versionNumber: row.integer(0), user: row.text(1),
                database: row.text(2), encryption: row.optionalText(3), isLocal: row.integer(4) == 1,
                isReadOnly: row.integer(5) == 1, synchronousCommit: row.text(6),
                fsync: row.integer(7) == 1, fullPageWrites: row.integer(8) == 1,
                synchronousStandbys: row.text(9), standbys: row.integer(10), missingRights: missing,
                clockLead: .milliseconds(row.integer(11) - here))
        }
    }
}
