internal import CommandLineTool

/// What a person who has no job yet may type next.
struct Welcome {
    let isDaemonRunning: Bool

    var text: String {
        let start =
            isDaemonRunning
            ? ("jobctl models", "what can be made")
            : ("jobd 2>jobd.log &", "sends and fetches jobs")
        return """

            There are no jobs yet. The next three commands:

            \(Command.list([
                start, ("jobctl enqueue seedream-4-0/sequential text='a fox'", "orders three pictures"),
                ("jobctl wait 1", "says where it is"),
            ], width: 80, left: 51))
            \(isDaemonRunning ? "" : Self.trial)jobctl models refresh gets the prices and the newest schemas.
            jobctl help lists everything else.

            """
    }

    /// A jobd that runs has its token and its service already.
    private static let trial = """
        jobd needs your token in $RUNCOMFY_TOKEN. To try it without a token or money,
        type this first; jobsim then stands in for RunComfy:

          export JOBD_API_URL=http://127.0.0.1:8471 RUNCOMFY_TOKEN=none
          jobsim &


        """
}
