internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// The server of a shared store: whether it keeps what it has confirmed, and whom it lets do what.
struct ServerChecks {
    private let facts: ServerFacts

    /// The oldest version that has what the schema needs.
    private static let oldest: Int64 = 150_000
    private static let toleratedLead = Duration.seconds(2)

    init?(_ store: JobDatabase?) {
        guard let facts = try? store?.serverFacts() else { return nil }
        self.facts = facts
    }

    func all() -> [Diagnosis] { [version, connection, rights, durability, replication, clock] }

    private var version: Diagnosis {
        let words = "PostgreSQL \(facts.version)"
        if facts.isReadOnly {
            return .fault(
                "server", "\(words) is a standby, and takes no changes",
                "name the primary in store: target_session_attrs=read-write finds it among several hosts")
        }
        return facts.versionNumber >= Self.oldest
            ? .ok("server", words) : .fault("server", "\(words) is too old", "upgrade it to 15 or newer")
    }

    private var connection: Diagnosis {
        let who = "\(facts.user) in \(facts.database)"
        if let encryption = facts.encryption { return .ok("connection", "\(who), \(encryption)") }
        return facts.isLocal
            ? .ok("connection", "\(who), on this machine")
            : .warning(
                "connection", "\(who), without TLS: everybody on the way can read and change it",
                "set sslmode=verify-full in store; see docs/shared.md")
    }

    private var rights: Diagnosis {
        guard let first = facts.missingRights.first else { return .ok("rights", "all that are needed") }
        let count = facts.missingRights.count
        return .fault(
            "rights", "\(facts.user) lacks \(first)" + (count > 1 ? " and \(count - 1) more" : ""),
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA …; see docs/shared.md")
    }

    private var durability: Diagnosis {
        let off = [
            facts.fsync ? nil : "fsync is off", facts.fullPageWrites ? nil : "full_page_writes is off",
            facts.synchronousCommit == "off" ? "synchronous_commit is off" : nil,
        ].compactMap(\.self)
        return off.isEmpty
            ? .ok("durability", "a commit is on its disk (synchronous_commit \(facts.synchronousCommit))")
            : .fault(
                "durability",
                "\(off.joined(separator: ", ")): a crash of the server can lose what was bought",
                "turn \(off.count == 1 ? "it" : "them") on in postgresql.conf, or for the role")
    }

    private var replication: Diagnosis {
        let (count, names) = (facts.standbys, facts.synchronousStandbys)
        if count == 0, names.isEmpty { return .ok("replication", "no standby") }
        let standbys = count == 1 ? "1 standby" : "\(NumberText.of(count)) standbys"
        if names.isEmpty {
            return .warning(
                "replication", "\(standbys), none of them synchronous: a failover loses the last commits",
                "set synchronous_standby_names; a store that went back pauses jobd, and sets aside its queue")
        }
        if ["off", "local"].contains(facts.synchronousCommit) {
            return .warning(
                "replication",
                "\(standbys), but synchronous_commit is \(facts.synchronousCommit): none is waited for",
                "set synchronous_commit to on")
        }
        return count > 0
            ? .ok("replication", "\(standbys), synchronous: \(names)")
            : .fault(
                "replication", "no standby is connected, and synchronous_standby_names asks for \(names)",
                "start the standby: until then every commit waits")
    }

    private var clock: Diagnosis {
        let lead = facts.clockLead
        let size = TimeText.span(milliseconds: UInt64(abs(lead.wholeMilliseconds)))
        if abs(lead.wholeMilliseconds) < 1000 {
            return .ok("server's clock", "as here")
        }
        let words = "\(size) \(lead > .zero ? "ahead of" : "behind") this machine's"
        return abs(lead.wholeMilliseconds) <= Self.toleratedLead.wholeMilliseconds
            ? .ok("server's clock", words)
            : .warning(
                "server's clock", "\(words): times of different machines do not fit together",
                "set the clocks: timedatectl set-ntp true")
    }
}

/// The jobds that share the store.
struct SharingChecks {
    private let daemons: [StoredDaemon]

    init?(_ store: JobDatabase?) {
        guard let daemons = (try? store?.runningDaemons())?.sharing else { return nil }
        self.daemons = daemons
    }

    /// - Parameter waiting: how many jobs wait for a jobd.
    func all(waiting: Int64) -> [Diagnosis] {
        guard !daemons.isEmpty else {
            return [
                .warning(
                    "jobd",
                    "none works on the store"
                        + (waiting > 0 ? "; unfinished: \(NumberText.of(waiting, "job"))" : ""),
                    "start one on any machine: systemctl start jobd, or: jobd")
            ]
        }
        let each = daemons.map { jobd -> Diagnosis in
            jobd.isAlive
                ? .ok("jobd", "\(jobd.place), \(jobd.words)")
                : .warning(
                    "jobd", "\(jobd.place), \(jobd.words)",
                    "look at that machine: journalctl -u jobd -n 50")
        }
        return each + [differences].compactMap(\.self)
    }

    /// Limits and budgets are the account's: each jobd goes by its own settings.
    private var differences: Diagnosis? {
        let settings = daemons.filter(\.isAlive).compactMap { try? JSON(parsing: $0.settings).object }
        guard let newest = settings.last, settings.contains(where: { $0 != newest }) else { return nil }
        let keys = Set(settings.flatMap { $0.members.map(\.key) }).sorted()
        let differing = keys.filter { key in settings.contains { $0[key] != newest[key] } }
        if differing.isEmpty { return nil }
        return .warning(
            "settings", "the jobds differ in \(differing.joined(separator: ", "))",
            "give them the same configuration: jobctl explain goes by that of \(daemons.last?.place ?? "")")
    }
}
