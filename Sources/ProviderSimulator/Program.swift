internal import CommandLineTool
internal import Glibc
internal import System

/// jobsim as a process: its command line, its one line of output, and the signals that end it.
package enum Program {
    package static func main() -> Never {
        let screen = Screen(environment: [:])
        do {
            let options = HelpText.command.options + [.man]
            let arguments = try Arguments(try Arguments.ofThisProcess(), options: options)
            if arguments.has(.help) {
                try screen.write(HelpText.text)
            } else if let date = arguments.value(.man) {
                try screen.write(HelpText.manual(date: date))
            } else {
                try serve(Options(arguments))
            }
            try screen.flush()
            exit(ExitCode.success.rawValue)
        } catch {
            let failure = error as? Failure ?? Failure(.unavailable, "\(error)")
            screen.report(failure, by: "jobsim")
            exit(failure.code.rawValue)
        }
    }

    private static func serve(_ options: Options) throws -> Never {
        // Blocked before there are threads, so that only `sigwait` sees them.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let simulator = try Simulator(options)
        print("jobsim listening on http://\(options.address):\(simulator.port)")
        fflush(nil)
        var received: Int32 = 0
        // Without this an optimised program would give the server up as soon as its port is printed.
        _ = withExtendedLifetime(simulator) { unsafe sigwait(&signals, &received) }
        // At once: what a client was told is in the ledger already.
        _exit(0)
    }
}
