internal import Glibc

/// Where a shared store is: `postgresql://…`, or `service=NAME` and the like, as libpq takes them.
package struct StoreAddress: Equatable, Sendable {
    package let text: String
    /// From a systemd credential; libpq finds all others itself.
    package var password: String?

    package init(_ text: String, password: String? = nil) { (self.text, self.password) = (text, password) }

    /// Why the address cannot be used; nil if it can.
    package func fault() throws(SQLError) -> String? {
        let library = try Libpq.load()
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe library.parseOptions(text, &message) else {
            defer { unsafe library.freeMemory(message) }
            return unsafe message.map { unsafe Self.oneLine(String(cString: $0)) } ?? "it cannot be read"
        }
        defer { unsafe library.freeOptions(options) }
        if unsafe Self.value("password", in: options) != nil {
            return "it holds a password: put it into ~/.pgpass, a service file or a systemd credential"
        }
        return nil
    }

    /// The address without anything that is nobody's business, for people to read.
    package var description: String { text }

    static func oneLine(_ words: String) -> String {
        words.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }.joined(
            separator: "; ")
    }

    // MARK: - Connecting

    /// Connects, and tries again until `patience` has passed if the server is not there.
    ///
    /// - Parameter onAbsence: called if that takes more than two seconds.
    func connect(
        _ library: Libpq, _ patience: Duration, onAbsence: (String) -> Void = { _ in }
    ) throws(SQLError) -> OpaquePointer {
        let start = ContinuousClock.now
        let end = start + patience
        var hasTold = false
        let mode = isEncryptionLeftOpen(library) ? "require" : nil
        while true {
            let (handle, failure) = try unsafe connectOnce(library, mode)
            guard let failure else { return unsafe handle }
            unsafe library.finish(handle)
            guard Self.mayPass(failure), .now < end else {
                throw SQLError(Self.mayPass(failure) ? .unreachable : .denied, failure)
            }
            if !hasTold, .now - start >= PostgreSQLConnection.quietWait {
                onAbsence(failure)
                hasTold = true
            }
            usleep(250_000)
        }
    }

    private func connectOnce(_ library: Libpq, _ mode: String?) throws(SQLError) -> (OpaquePointer, String?) {
        guard let handle = unsafe open(library.connect, mode) else {
            throw SQLError(.unreachable, "libpq has no memory")
        }
        if unsafe library.status(handle) == Libpq.ok { return unsafe (handle, nil) }
        let words = unsafe library.errorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        return unsafe (handle, Self.oneLine(words))
    }

    /// A server that refuses says so with FATAL; what is said by one that starts or stops passes.
    private static func mayPass(_ failure: String) -> Bool {
        let passing = [
            "starting up", "shutting down", "not yet accepting", "in recovery", "accepting connections",
            "too many", "remaining connection slots",
        ]
        let lasting = [
            "FATAL:", "SSL", "certificate", "service file", "definition of service", "no password supplied",
        ]
        return passing.contains { failure.contains($0) } || !lasting.contains { failure.contains($0) }
    }

    /// Whether nobody has said how to encrypt a connection to another machine. Then libpq would also go on
    /// without encryption.
    private func isEncryptionLeftOpen(_ library: Libpq) -> Bool {
        let variable = unsafe getenv("PGSSLMODE")
        if unsafe text.contains("sslmode") || variable != nil { return false }
        // Only a connection that has begun knows what a service file says.
        guard let handle = unsafe open(library.connectStart, nil) else { return false }
        defer { unsafe library.finish(handle) }
        guard let options = unsafe library.options(handle) else { return false }
        defer { unsafe library.freeOptions(options) }
        guard unsafe Self.value("sslmode", in: options) == "prefer" else { return false }
        let host = unsafe Self.value("hostaddr", in: options) ?? Self.value("host", in: options) ?? ""
        return !host.split(separator: ",").allSatisfy {
            $0.hasPrefix("/") || Self.loopback.contains(String($0))
        }
    }

    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "::1"]

    private func open(
        _ connect: @convention(c) (Libpq.Texts, Libpq.Texts, Int32) -> OpaquePointer?, _ mode: String?
    ) -> OpaquePointer? {
        // What stands before the address gives way to what the address says.
        var options = [
            ("connect_timeout", "10"), ("keepalives_idle", "10"), ("keepalives_interval", "3"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "15000"), ("dbname", text),
            ("client_encoding", "UTF8"), ("fallback_application_name", "jobd"),
        ]
        if let mode { options.append(("sslmode", mode)) }
        if let password { options.append(("password", password)) }
        let names = unsafe options.map { unsafe UnsafePointer<CChar>(strdup($0.0)) } + [nil]
        let values = unsafe options.map { unsafe UnsafePointer<CChar>(strdup($0.1)) } + [nil]
        defer { unsafe (names + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        return unsafe connect(names, values, 1)
    }

    /// libpq's PQconninfoOption: seven words, of which the first is the name and the fourth the value.
    private static func value(_ name: String, in options: UnsafeMutableRawPointer) -> String? {
        let words = unsafe options.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
        var place = 0
        while let keyword = unsafe words[place] {
            if unsafe String(cString: keyword) == name {
                return unsafe words[place + 3].map { unsafe String(cString: $0) }
            }
            place += 7
        }
        return nil
    }
}
