/// What `jobsim --help` prints. The table of faults is written from the one that the parser reads.
enum HelpText {
    static var text: String { usage + "\n" + faultTable }

    private static let usage = """
        jobsim: a simulator of RunComfy's Model API on loopback. No token, no money, no network.

        usage: jobsim [OPTION...]

          --listen ADDRESS      where to listen (127.0.0.1)
          --port PORT           0 takes a free one and prints it (8471)
          --token TOKEN         the only token that is accepted (any)
          --queue TIME          how long a job waits (500ms)
          --run TIME            how long a job runs (2s)
          --jitter SHARE        how much both vary (0.2)
          --concurrency N       how many jobs run at once; 0 is all of them (0)
          --slow-bytes RATE     bytes a second of each download, e.g. 200k
          --image-width PIXELS  width of the pictures (512)
          --balance USD         the account's money; when it is used up, 400002 (no end)
          --state DIR           keep a ledger there, and know all requests again after a restart
          --seed N              the same ids, latencies and dice each time
          --strict-models       refuse models that are not in the catalogue
          --threads N           threads that answer (2)
          --fault SPEC          something goes wrong, see below; may be given again

        Besides RunComfy's calls there are, without a token:
          GET  /_sim/stats               calls, downloads, bytes, connections
          GET  /_sim/ledger              counts, then every request, as JSON lines
          GET  /_sim/faults              the faults in force and how often they struck
          POST /_sim/faults              {"faults":["SPEC"]} replaces them, {"add":["SPEC"]} adds to them
          POST /_sim/balance?usd=AMOUNT  pays in

        examples:
          jobsim --port 0 --seed 1
          jobsim --queue 2s --run 10s --concurrency 4 --state /tmp/jobsim
          jobsim --balance 1.50 --fault 'submit:503;retry-after=1;p=0.2'
          jobsim --fault 'file:cut=20k;times=3' --fault 'status:html-504;p=0.1'

        faults: CALL:NAME[=VALUE][;OPTION...]
          A prompt that contains [[fault: SPEC]] orders one for its own job.

          times=N            only the first N times (of a POST: for the same input)
          p=SHARE            only sometimes
          model=ID           only for that model, or for a prefix ending in *
          retry-after=TEXT   send Retry-After with an HTTP error
          accept             the POST is accepted although its answer is an error
          as=STATUS          the HTTP status of token:reject (401)
          body=SHAPE         how an error says it: \(bodies)

        """

    private static var bodies: String { Fault.ErrorBody.allCases.map(\.rawValue).joined(separator: " ") }

    private static var faultTable: String {
        FaultPattern.all.map { pattern in
            let calls = pattern.calls.count > 3 ? "any" : pattern.calls.map(\.rawValue).joined(separator: ",")
            let head = "  \(calls):\(pattern.synopsis)"
            return head + String(repeating: " ", count: max(1, 34 - head.count)) + pattern.meaning + "\n"
        }
        .joined()
    }
}
