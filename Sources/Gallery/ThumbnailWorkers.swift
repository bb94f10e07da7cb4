internal import CLinux
internal import Glibc

/// Runs `jobthumb`, a process for each picture and as many at once as there are processors. A picture that
/// breaks its reader, or takes too long, breaks that process and costs that picture its thumbnail.
@safe struct ThumbnailWorkers {
    let program: String
    let folder: GalleryFolder
    /// Opens a picture; nil where it cannot be read.
    let open: (GalleryFile) -> Int32?

    private struct Work {
        let file: GalleryFile
        let output: Int32
    }

    /// How a process ends whose picture is to blame: it says no, breaks, or reaches a limit.
    private static let verdicts = [
        SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGXCPU, SIGXFSZ, SIGALRM, 1 << 8,
    ]

    /// Makes the thumbnails of `files`; `visit` hears of each whether it could be made, and nil where that is
    /// open: the helper was ended by somebody, or does not run here.
    func make(_ files: [GalleryFile], visit: (GalleryFile, Bool?) -> Void) throws(GalleryError) {
        let most = min(16, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var waiting = files[...]
        var running: [pid_t: Work] = [:]
        while true {
            while running.count < most, let file = waiting.popFirst() {
                guard let source = open(file) else { continue }
                defer { close(source) }
                let output = try folder.openPart(of: file.thumbnailName)
                guard let process = start(from: source, to: output) else {
                    close(output)
                    folder.discardPart(of: file.thumbnailName)
                    continue
                }
                running[process] = Work(file: file, output: output)
            }
            if running.isEmpty { return }
            var status: Int32 = 0
            let process = unsafe waitpid(-1, &status, 0)
            guard let work = running.removeValue(forKey: process) else { continue }
            defer { close(work.output) }
            var made = stat()
            let isMade = unsafe status == 0 && fstat(work.output, &made) == 0 && made.st_size > 0
            if isMade {
                try folder.finishPart(of: work.file.thumbnailName)
            } else {
                folder.discardPart(of: work.file.thumbnailName)
            }
            // Without the bit that tells of a core dump.
            visit(work.file, isMade ? true : Self.verdicts.contains(status & ~0x80) ? false : nil)
        }
    }

    /// With nothing but the two files, and without our environment.
    private func start(from source: Int32, to output: Int32) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        unsafe linux_pass_streams_alone(&actions)
        var arguments = unsafe [strdup(program), nil]
        var nothing: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        defer { unsafe free(arguments[0]) }
        var process: pid_t = 0
        let failure = unsafe posix_spawn(&process, program, &actions, nil, &arguments, &nothing)
        return failure == 0 ? process : nil
    }
}
