internal import System

/// Reads a whole file: the configuration, the token.
enum SmallFile {
    enum Fault: Error {
        case system(SystemError)
        /// It is a secret that others may read or change.
        case isOpenToOthers

        var reason: String {
            switch self {
            case .system(let error): "\(error)"
            case .isOpenToOthers: "it is open to others"
            }
        }
    }

    static func read(_ path: String, limit: Int, isSecret: Bool = false) -> Result<[UInt8], Fault> {
        do throws(SystemError) {
            let file = try FileDescriptor(opening: path)
            // Checks the open file, since another may have its name by now.
            if isSecret, try file.status().mode & 0o006 != 0 { return .failure(.isOpenToOthers) }
            return .success(try file.readToEnd(limit: limit))
        } catch { return .failure(.system(error)) }
    }
}
