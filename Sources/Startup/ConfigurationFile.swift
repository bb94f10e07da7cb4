package import CommandLineTool
package import Configuration
internal import Glibc
internal import JSON
package import JobStore
package import Outputs
internal import System

/// Finds and reads the configuration: the file, then `$JOBD_API_URL`, `--set` and `--api-url`.
package struct ConfigurationFile: Sendable {
    /// The variables that it reads.
    package static let variables = [
        "JOBD_CONFIG", "JOBD_API_URL", "JOBD_STORE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME",
    ]

    package static let options: [Option] = [.config, .set]

    private let arguments: Arguments
    package let environment: [String: String]
    private let directory: StateDirectory

    package init(arguments: Arguments, environment: [String: String], directory: StateDirectory) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }

    /// The file's path, why it is that one, and whether it must exist.
    package struct Place: Sendable {
        package let path: String
        package let origin: String
        let isNamed: Bool
    }

    /// The file to read.
    package var place: Place {
        if let path = arguments.value(.config) {
            return Place(path: path, origin: "--config", isNamed: true)
        }
        if let path = environment["JOBD_CONFIG"], !path.isEmpty {
            return Place(path: path, origin: "$JOBD_CONFIG", isNamed: true)
        }
        if directory.path == "/var/lib/jobd" {
            return Place(path: "/etc/jobd/config.json", origin: "for /var/lib/jobd", isNamed: false)
        }
        let home = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? "") + "/.config"
        return Place(path: home + "/jobd/config.json", origin: "the default for a user", isNamed: false)
    }

    /// What overrides the file: `KEY=VALUE`.
    package var assignments: [String] { arguments.values(.set) }

    /// Whether the file exists.
    package var isThere: Bool { unsafe access(place.path, F_OK) == 0 }

    /// Whether there is a file to read.
    package var isNeeded: Bool { place.isNamed || isThere }

    package func read() throws(Failure) -> Configuration {
        var reader = ConfigurationReader()
        let place = place
        if let text = try Self.bytes(of: place) {
            do throws(ConfigurationError) { try reader.read(file: text) } catch {
                throw Failure(.configuration, "\(place.path): \(error)", hint: error.hint)
            }
        }
        do throws(ConfigurationError) {
            for (name, key) in [("JOBD_API_URL", "api_url"), ("JOBD_STORE", "store")] {
                if let value = environment[name], !value.isEmpty { try reader.set(key, .string(value)) }
            }
            for assignment in assignments { try reader.read(assignment: assignment) }
            for (option, key) in [(Option.apiURL, "api_url"), (.store, "store")] {
                if let value = arguments.value(option) { try reader.set(key, .string(value)) }
            }
            return try reader.finished()
        } catch {
            throw Failure(error.isUsage ? .usage : .configuration, "\(error)", hint: error.hint)
        }
    }

    private static func bytes(of place: Place) throws(Failure) -> [UInt8]? {
        switch SmallFile.read(place.path, limit: 1 << 20) {
        case .success(let bytes): return bytes
        case .failure(.system(let error)) where error.isMissing && !place.isNamed: return nil
        case .failure(let fault):
            let code: ExitCode =
                switch fault {
                case .isOpenToOthers: .permission
                case .system(let error) where [EACCES, EPERM].contains(error.code): .permission
                case .system: place.isNamed ? .cannotRead : .configuration
                }
            throw Failure(
                code, "\(place.path): cannot read it: \(fault.reason)",
                hint: code == .permission ? "name another with --config" : nil)
        }
    }
}

// MARK: - The store

extension ConfigurationFile {
    /// The address of the shared store, if one is configured. Nothing else of the file has to be right.
    fileprivate func sharedStore() throws(Failure) -> String? {
        let assigned = assignments.last { $0.hasPrefix("store=") }?.dropFirst("store=".count)
        let named = arguments.value(.store) ?? assigned.map(String.init) ?? environment["JOBD_STORE"] ?? ""
        if !named.isEmpty { return named }
        guard case .success(let bytes) = SmallFile.read(place.path, limit: 1 << 20),
            String(decoding: bytes, as: UTF8.self).contains("\"store\"")
        else { return nil }
        if let object = (try? JSON(parsing: bytes, .configuration))?.object {
            guard let value = object["store"] else { return nil }
            if let text = value.string, !text.isEmpty { return text }
        }
        // It says what is wrong.
        return try read().store
    }
}

extension StateDirectory {
    /// Finds the directory, and the store that several machines share if one is named or configured.
    package static func find(
        _ arguments: Arguments, _ environment: [String: String], store: String? = nil
    ) throws -> StateDirectory {
        let directory = try resolve(option: arguments.value(.stateDirectory), environment: environment)
        let file = ConfigurationFile(arguments: arguments, environment: environment, directory: directory)
        guard let address = try store ?? file.sharedStore() else { return directory }
        let named = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let caches = named ?? environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.cache" : nil }
        return directory.sharing(address, password: try credential(environment), caches: caches ?? "")
    }

    /// The password of the shared store that systemd hands over; libpq finds all others itself.
    private static func credential(_ environment: [String: String]) throws(Failure) -> String? {
        guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { return nil }
        let path = folder + "/store_password"
        switch SmallFile.read(path, limit: 4096) {
        case .success(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            return String(text.prefix { !$0.isNewline })
        case .failure(.system(let error)) where error.isMissing: return nil
        case .failure(let fault): throw Failure(.configuration, "\(path): cannot read it: \(fault.reason)")
        }
    }
}

extension OutputPlaces {
    /// As configured. With the default configuration every file is found, too, but those that are not below
    /// `outputs/` count as outside.
    package init(_ directory: StateDirectory, _ configuration: Configuration = Configuration()) {
        self.init(
            own: directory.absolute("outputs"), current: directory.absolute(configuration.outputDirectory),
            isShared: directory.sharedStore != nil)
    }
}
