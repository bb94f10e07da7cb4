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
            } else if arguments.has(.version) {
                try screen.write("jobsim \(Release.version)\n")
            } else if let date = arguments.value(.man) {
                try screen.write(HelpText.manual(date: date))
            } else if let shell = arguments.value(.completion) {
                try screen.write(Shell(named: shell).script(for: "jobsim", HelpText.command.options))
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
        // Blocked before there are threads, so that only `sigwait` receives them.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let simulator = try Simulator(options)
        print("jobsim listening on http://\(options.address):\(simulator.port)")
        fflush(nil)
        var received: Int32 = 0
        // Otherwise an optimised program would release the server as soon as its port is printed.
        _ = withExtendedLifetime(simulator) { unsafe sigwait(&signals, &received) }
        // Nothing needs to be finished: what a client was told is already in the ledger.
        _exit(0)
    }
}

/// RunComfy's Model API in one process, on loopback, without token, money or network.
final class Simulator: Sendable {
    private let server: WebServer
    private let fetching: Task<Void, Never>?

    /// Listens when it returns. Throws an error whose text is for the person who started it.
    init(_ options: Options) throws {
        let service = try Service(options)
        fetching = service.fetcher.map { fetcher in
            Task { await fetcher.run { service.note($1, of: $0) } }
        }
        server = try WebServer(
            address: options.address, port: options.port, threads: options.threads,
            connected: { service.statistics.withLock { $0.connections += 1 } },
            sent: { count in service.statistics.withLock { $0.bytes += count } },
            handler: { service.answer($0) })
    }

    var port: UInt16 { server.port }

    func stop() {
        fetching?.cancel()
        server.stop()
    }
}

/// Why the simulator cannot start, keep its ledger, or understand a fault.
struct SimulatorError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
