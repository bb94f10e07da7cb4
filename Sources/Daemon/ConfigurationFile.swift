internal import CommandLineTool
internal import Configuration
internal import Glibc
internal import JSON
internal import JobStore

/// Finds and reads what jobd is told: the file, then `--set`, then the options and variables of their own.
struct ConfigurationFile {
    let arguments: Arguments
    let environment: [String: String]
    let directory: StateDirectory

    /// The file that counts, and whether it must be there.
    var path: (path: String, isNamed: Bool) {
        if let path = arguments.value("config") { return (path, true) }
        if let path = environment["JOBD_CONFIG"], !path.isEmpty { return (path, true) }
        if directory.path == "/var/lib/jobd" { return ("/etc/jobd/config.json", false) }
        let home = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? "") + "/.config"
        return (home + "/jobd/config.json", false)
    }

    func read() throws(Failure) -> Configuration {
        var reader = ConfigurationReader()
        let (path, isNamed) = path
        do throws(ConfigurationError) {
            if let text = try Self.bytes(of: path, isNamed: isNamed) { try reader.read(file: text) }
        } catch {
            throw Failure(.configuration, "\(path): \(error)", hint: error.hint)
        }
        do throws(ConfigurationError) {
            if let url = environment["JOBD_API_URL"], !url.isEmpty { try reader.set("api_url", .string(url)) }
            for assignment in arguments.values("set") { try reader.read(assignment: assignment) }
            if let url = arguments.value("api-url") { try reader.set("api_url", .string(url)) }
            return try reader.finished()
        } catch {
            throw Failure(.configuration, "\(error)", hint: error.hint)
        }
    }

    private static func bytes(of path: String, isNamed: Bool) throws(ConfigurationError) -> [UInt8]? {
        switch SmallFile.read(path, limit: 1 << 20) {
        case .success(let bytes): return bytes
        case .failure(.system(ENOENT)) where !isNamed: return nil
        case .failure(let fault): throw ConfigurationError("cannot read it: \(fault.reason)")
        }
    }
}
