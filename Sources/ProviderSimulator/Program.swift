internal import Glibc
internal import System

/// jobsim as a process: its command line, its one line of output, and the signals that end it.
package enum Program {
    /// The exit code.
    package static func run(_ arguments: [String]) -> Int32 {
        switch OptionParser.parse(arguments) {
        case .help(let text):
            print(text, terminator: "")
            return 0
        case .usage(let message):
            complain(message)
            return 64
        case .run(let options): return serve(options)
        }
    }

    private static func serve(_ options: Options) -> Int32 {
        // Blocked before there are threads, so that only `sigwait` sees them.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let simulator: Simulator
        do {
            simulator = try Simulator(options)
        } catch {
            complain("\(error)")
            return 69
        }
        print("jobsim listening on http://\(options.address):\(simulator.port)")
        fflush(nil)
        var received: Int32 = 0
        // Without this an optimised program would give the server up as soon as its port is printed.
        _ = withExtendedLifetime(simulator) { unsafe sigwait(&signals, &received) }
        // At once: what a client was told is in the ledger already.
        _exit(0)
    }

    private static func complain(_ message: String) {
        try? FileDescriptor.standardError.write(Array("jobsim: \(message)\n".utf8))
    }
}
