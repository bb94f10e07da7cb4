internal import Glibc
internal import System

/// Runs `jobthumb`: one process per picture, as many at once as there are processors. A picture that crashes
/// its process, or takes too long, only loses its own thumbnail.
struct ThumbnailWorkers {
    let program: String
    let folder: GalleryFolder
    /// Opens a picture; nil if it cannot be read.
    let open: (GalleryFile) -> FileDescriptor?

    private struct Work {
        let file: GalleryFile
        let output: FileDescriptor
    }

    /// How a process ends if its picture is the reason: it declines, crashes, or reaches a limit.
    private static let verdicts: [ChildProcess.Ending] =
        [SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGXCPU, SIGXFSZ, SIGALRM].map { .signal($0) }
        + [.code(1)]

    /// Makes the thumbnails of `files`. `visit` is told whether each could be made; nil if that is unknown,
    /// because the process was killed or does not run here.
    func make(_ files: [GalleryFile], visit: (GalleryFile, Bool?) -> Void) throws(GalleryError) {
        let most = min(16, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let nothing = try? FileDescriptor(opening: "/dev/null", flags: O_WRONLY)
        var waiting = files[...]
        var running: [Int32: Work] = [:]
        while true {
            while running.count < most, let file = waiting.popFirst() {
                guard let source = open(file) else { continue }
                let output = try folder.openPart(of: file.thumbnailName)
                // It gets only the two files, and no environment.
                guard let nothing,
                    let process = try? ChildProcess(
                        [program], environment: [], input: source, output: output, errors: nothing)
                else {
                    folder.discardPart(of: file.thumbnailName)
                    continue
                }
                running[process.id] = Work(file: file, output: output)
            }
            guard !running.isEmpty, let (process, ending) = ChildProcess.waitForAny() else { return }
            guard let work = running.removeValue(forKey: process) else { continue }
            let isMade = ending == .code(0) && (try? work.output.status().size) ?? 0 > 0
            if isMade {
                try folder.finishPart(of: work.file.thumbnailName)
            } else {
                folder.discardPart(of: work.file.thumbnailName)
            }
            visit(work.file, isMade ? true : Self.verdicts.contains(ending) ? false : nil)
        }
    }
}
