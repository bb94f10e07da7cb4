internal import CommandLineTool
internal import Glibc
internal import JSON
internal import System

/// `jobctl receive-files`: stores a stream of files for the command that follows, and prints where. It is
/// hidden: only `HostCall` asks for it.
enum ReceiveFiles {
    static let name = "receive-files"

    static func run(_ environment: [String: String], _ screen: Screen) throws -> ExitCode {
        let above = environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/var/tmp"
        let folder: String
        do throws(SystemError) { folder = try TemporaryFile.newDirectory(prefix: "\(above)/jobctl") } catch {
            throw failure(above, error)
        }
        do {
            let directory = try Directory(folder)
            let reader = FileStream.Reader(.standardInput)
            while let entry = reader.next() {
                guard let name = entry.object["name"]?.string else {
                    try screen.write(folder + "\n")
                    return .success
                }
                let file = try directory.create(name, mode: 0o600)
                guard try reader.read(entry.bytes, { try file.write($0) }) else { break }
            }
            throw SystemError(EPIPE)
        } catch {
            if let directory = try? Directory(folder) {
                for name in (try? directory.names()) ?? [] { _ = try? directory.remove(name) }
            }
            unsafe rmdir(folder)
            throw (error as? SystemError).map { failure(folder, $0) } ?? error
        }
    }

    private static func failure(_ path: String, _ error: SystemError) -> Failure {
        Failure(.inputOutput, "cannot store the files in \(SafeText.escape(path)): \(error)")
    }
}
