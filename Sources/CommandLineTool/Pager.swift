internal import Glibc
internal import System

/// The program that shows long output page by page. It starts with the first output, and sees all of it.
package final class Pager {
    private enum State {
        case idle
        case running(ChildProcess, input: FileDescriptor)
        /// The person has seen enough: what is still written goes nowhere.
        case quit(ChildProcess)
        /// It cannot be started: the output is written as if there were none.
        case missing
    }

    /// The variables that name it, the first one first.
    package static let variables = ["JOBCTL_PAGER", "PAGER"]

    private let words: [String]
    private var state = State.idle

    /// The pager that the person has chosen, else `less`. Nil if none is wanted, or the terminal shows none.
    package init?(environment: [String: String]) {
        let command = Self.variables.lazy.compactMap { environment[$0] }.first ?? "less"
        let parts = command.split(separator: " ").map(String.init)
        guard let program = parts.first, parts != ["cat"], environment["TERM"] != "dumb" else { return nil }
        // A command of plain words needs no shell, so that a missing program is noticed.
        let isPlain = !command.contains { "|&;<>()$`\\\"'*?[#~=%!{}\t\n".contains($0) }
        words = isPlain ? [program] + parts.dropFirst() : ["/bin/sh", "-c", command]
    }

    /// Whether it has the terminal.
    var isRunning: Bool { if case .running = state { true } else { false } }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        if bytes.isEmpty { return }
        if case .idle = state { start() }
        switch state {
        case .idle, .quit: break
        case .missing: try FileDescriptor.standardOutput.write(bytes)
        case .running(let child, let input):
            do throws(SystemError) { try input.write(bytes) } catch {
                guard error.code == EPIPE else { throw error }
                state = .quit(child)
            }
        }
    }

    private func start() {
        // As git does: quit if all fits on the screen, pass colours on, and leave the text there.
        _ = unsafe setenv("LESS", "FRX", 0)
        guard let (output, input) = try? FileDescriptor.pipe(),
            let child = try? ChildProcess(words, input: output)
        else {
            state = .missing
            return
        }
        // Ctrl-C is for the pager, which may be closed before it has read everything.
        for number in [SIGINT, SIGQUIT, SIGPIPE] { _ = signal(number, SIG_IGN) }
        state = .running(child, input: input)
    }

    /// Ends the output, and waits until the person has read it.
    func finish() {
        let child: ChildProcess
        switch state {
        case .idle, .missing: return
        case .running(let running, _), .quit(let running): child = running
        }
        // This closes the pipe.
        state = .idle
        _ = child.wait()
    }
}
