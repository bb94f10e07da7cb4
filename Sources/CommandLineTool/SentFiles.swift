internal import Glibc
internal import System

/// Files that came along with a command from another machine, which names them by their paths over there.
package enum SentFiles {
    /// Names the directory that holds them, until they are taken over.
    package static let variable = "JOBCTL_SENT_FILES"

    /// Nil if the command was typed here.
    private static let files = Locked<[String: FileDescriptor]?>(nil)

    /// Opens all files of the directory, and removes it: nothing is left of them, however this program ends.
    package static func takeOver() {
        guard let folder = Environment.values(of: [variable])[variable] else { return }
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = min(limit.rlim_max, 65_536)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        var opened: [String: FileDescriptor] = [:]
        if let directory = try? Directory(folder) {
            for name in (try? directory.names()) ?? [] {
                opened[name] = try? directory.open(name)
                _ = try? directory.remove(name)
            }
            unsafe rmdir(folder)
        }
        files.withLock { $0 = opened }
    }

    /// Where to open the file that the command names.
    package static func place(of path: String) -> String {
        guard let opened = files.withLock({ $0 }) else { return path }
        // A file of this machine is never meant.
        return opened[name(of: path)].map { "/proc/self/fd/\($0.number)" } ?? "/proc/self/fd/none"
    }

    /// The same for another program, such as one that this one starts.
    package static func placeForOthers(_ place: String) -> String {
        let own = "/proc/self/"
        return place.hasPrefix(own) ? "/proc/\(getpid())/" + place.dropFirst(own.count) : place
    }

    /// What the file is called in the directory.
    package static func name(of path: String) -> String { SHA256.hexadecimal(of: Array(path.utf8)) }
}
