internal import CommandLineTool
internal import Glibc
internal import System

enum MCPVerb: ControlVerb {
    static let command = Command(
        "mcp", "the Model Context Protocol on standard input and output, for agents",
        discussion: [
            """
            An agent's program starts this, and asks with JSON-RPC, one message a line: revision 2026-07-28 \
            of the protocol, and 2024-11-05 to 2025-11-25 for clients that begin with initialize. The tools \
            are list_models, get_model, price_order, enqueue, list_jobs, get_job, wait_for_jobs, \
            cancel_jobs, pick_outputs, search_jobs, explain_job and get_file. Nothing takes longer than 50 s.
            """,
            """
            Every order needs a key, and the same key never buys twice. --label, --max-usd and --read-only \
            bound what one session may do, from its start to its end: estimates count, and a job whose price \
            is not known is refused. What is cancelled before it was sent is given back. Beyond the bound an \
            order is refused with the reason. A restart begins anew: for a bound that stays, see budget in \
            the configuration.
            """,
            """
            If the configuration sets confirm_above_usd, an order above it is refused, unless --yes is \
            given. When the client closes standard input, the session ends, and its jobs go on.
            """,
        ],
        options: [
            .label.saying("the label of everything that is ordered"),
            .maxUSD.saying("the most that the session may order, by estimate"), .readOnly,
            .yes.saying("order above confirm_above_usd, too"),
        ] + Session.configurationOptions,
        examples: [
            .init("jobctl mcp --label agent --max-usd 5", "an agent that may spend five dollars"),
            .init("jobctl mcp --read-only", "one that only looks"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        guard session.arguments.operands.isEmpty else { throw Failure.usage("mcp takes no operands") }
        let agent = try AgentSession(session)
        let (input, output): (FileDescriptor, FileDescriptor)
        do throws(SystemError) {
            // Nothing else may read or write here, not even by mistake.
            input = try FileDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3))
            output = try FileDescriptor(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3))
            let nothing = try FileDescriptor(opening: "/dev/null", flags: O_RDWR)
            dup2(nothing.number, STDIN_FILENO)
            dup2(STDERR_FILENO, STDOUT_FILENO)
        } catch { throw Failure(.inputOutput, "standard input or output cannot be used: \(error)") }
        try AgentServer(agent, input: input, output: output).run()
        return .success
    }
}
