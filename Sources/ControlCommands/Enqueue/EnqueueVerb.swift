internal import CommandLineTool
internal import JobStore
internal import Orders

enum EnqueueVerb: ControlVerb {
    static let command = Command(
        "enqueue", "add a job, or many of them", operands: "MODEL [KEY=VALUE …]",
        discussion: [
            """
            MODEL is a whole id, or its last segments if only one known model ends in them. KEY=VALUE is \
            read as the type in the model's schema, or as text if there is no schema; a unique prefix of a \
            choice is enough. KEY:=JSON is read as JSON. A repeated key makes a list. KEY=@FILE is the text \
            of a file, KEY=@- that of standard input, KEY=@@TEXT a text that begins with @. No defaults are \
            filled in: the service applies them.
            """,
            """
            Where the schema says that a value is a file, it is an address or a path: images=./fox.png. \
            Elsewhere, and in JSON, write file:PATH. jobctl copies the file, so that it may change or go \
            afterwards. s3://BUCKET/KEY is an object in the storage that storage.url names.
            """,
            """
            A value job:ID stands for an output of another job: job:20 is the first, job:20/3 the third, \
            job:20/all are all of them (in a list), job:20/pick those that jobctl pick has marked. A key may \
            stand in the place of the id. The job waits until the output is there, and costs nothing \
            meanwhile. --matrix KEY=job:20/all makes a job for each output.
            """,
            """
            The answer comes when the job is on disk. An input that breaks the schema is refused with all \
            reasons. --like ID copies model and input of another job; KEY=VALUE replaces a key, --without \
            removes one.
            """,
            """
            --matrix makes a job for each value; --repeat makes several jobs of each. Their seeds are \
            counted up from seed=N if you give one, and are random otherwise; every combination has the same \
            seeds. With --key, the jobs have the keys KEY-1, KEY-2 and so on. Either all jobs are enqueued \
            or none, at most 10000.
            """,
            """
            A batch is JSON Lines of {"model", "input", "label", "key", "priority", "not_before", "hold"}. \
            Either all lines are enqueued or none. The options apply to lines that do not set the value \
            themselves. A reference may name the key of an earlier line.
            """,
            """
            With --make, a batch can be enqueued again and again: only what is new is ordered. Each line \
            needs a key. A line is new if no job was made of the same model, input and sources under its \
            key, or if that job has failed or was cancelled. A job that was never sent, and that waits for \
            a job that is made anew, is cancelled and made anew, too. In the store the key is KEY@ and \
            twelve digits of a hash of these; label, priority and time do not count.
            """,
            """
            If the configuration sets confirm_above_usd, jobctl asks before an order whose estimate is above \
            it, or that has a job of unknown price. Without a terminal it needs --yes. The configuration is \
            that of the running jobd, unless --config or --set is given. --max-usd refuses an order whose \
            estimate is higher, or that has a job of unknown price (exit 65).
            """,
        ],
        options: [
            .input,
            .like,
        ] + OrderArguments.varying + [
            .batch,
            .make,
            .label.saying("a word to find it by"),
        ] + OrderArguments.sending + [
            .dryRun.saying("check and show what would be sent, but store nothing"),
            .yes,
        ] + Session.configurationOptions,
        examples: [
            .init(
                "jobctl enqueue seedream-4-0/sequential text='Generate 2 images of a fox' "
                    + "sequential_image_generation_options=2 image_size=2560",
                "two images, 2560:1440 (16:9)"),
            .init(
                "jobctl enqueue bytedance/seedream-4-0/edit prompt='at night' "
                    + "images=https://example.com/a.png "
                    + "images=https://example.com/b.png", "a list of two images"),
            .init(
                "jobctl enqueue seedream-4-0/edit prompt='at night' images=./fox.png", "a picture on disk"),
            .init(
                "jobctl enqueue bytedance/seedream-4-0/edit --input edit.json --wait", "from a file, and wait"
            ),
            .init(
                "jobctl enqueue seedream-4-0/sequential text=@prompt.txt "
                    + "--matrix image_size=2048,2560 --repeat 3",
                "a prompt in a file, two sizes, three seeds: six jobs"),
            .init("jobctl enqueue --like 12 image_size=2560 --edit", "job 12 in another size, edited first"),
            .init("jobctl enqueue --batch jobs.jsonl --label spring", "many at once"),
            .init(
                "jobctl enqueue bytedance/seedream-4-0/edit prompt='at night' images=job:20/pick",
                "made from what you will pick of job 20"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        if session.arguments.has(.make), !session.arguments.has(.batch) {
            throw Failure.usage("--make goes with --batch", hint: "jobctl enqueue --batch film.jsonl --make")
        }
        // A pipe is read to its end before the store is opened: its writer may be slow, and the store's file
        // may be replaced meanwhile.
        let lines = try session.arguments.value(.batch).map { path in
            try refuseWhatNoBatchTakes(session.arguments)
            return try InputReader(path).spooled(in: session.temporaryFolder)
        }
        let store = try session.storeIfAny(session.arguments.has(.dryRun) ? .read : .write)
        var placement = try OrderPlacement(session, store, "enqueue")
        guard let lines else {
            let template = try placement.arguments.template()
            return try placement.place([template], try placement.arguments.terms(labelIsNew: true))
        }
        let terms = try placement.arguments.terms(labelIsNew: true)
        return try placement.place(try placement.arguments.batch(lines, terms))
    }

    private static func refuseWhatNoBatchTakes(_ arguments: Arguments) throws {
        guard arguments.operands.count <= 1, !arguments.has(.input), !arguments.has(.key) else {
            throw Failure.usage("--batch takes at most a MODEL; inputs and keys are in the lines")
        }
        let others: [Option] = [.matrix, .repeat, .without, .edit, .like]
        for option in others where arguments.has(option) {
            throw Failure.usage("--batch takes no --\(option.name); a line is one job")
        }
    }
}
