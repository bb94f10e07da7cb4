import Glibc
import Scratch
import Testing

/// The lock of a state directory, held as a running jobd holds it.
final class HeldLock {
    private let file: Int32

    init(_ stage: Stage) throws {
        file = open(stage.state + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        var wish = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        // F_OFD_SETLK: of the open file, not of the process.
        try #require(fcntl(file, 37, &wish) == 0)
        FileOnDisk.write("jobd \(getpid())\n", to: stage.state + "/lock")
    }

    deinit { close(file) }
}

extension Stage {
    /// From now on it looks as if a jobd ran.
    func hold() throws { kept.append(try HeldLock(self)) }
}
