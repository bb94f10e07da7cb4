import Glibc
import Testing

/// The lock of a state directory, held as a running jobd holds it.
final class HeldLock {
    private let file: Int32

    init(_ sandbox: Sandbox) throws {
        file = open(sandbox.directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        var wish = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        // F_OFD_SETLK: of the open file, not of the process.
        try #require(fcntl(file, 37, &wish) == 0)
        let text = "jobd \(getpid())\n"
        ftruncate(file, 0)
        try #require(text.withCString { pwrite(file, $0, text.utf8.count, 0) } > 0)
    }

    deinit { close(file) }
}
