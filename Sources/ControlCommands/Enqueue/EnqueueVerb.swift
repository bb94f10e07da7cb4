internal import CommandLineTool
internal import JobStore
internal import Orders

enum EnqueueVerb: ControlVerb {
    static let command = Command(
        "enqueue", "add a job, or many of them", operands: "MODEL [KEY=VALUE …]",
        discussion: [
            "MODEL is a whole id, or the end of one (whole segments) where only one known model ends so. "
                + "KEY=VALUE is read as the type that the model's schema names, and as text where there is no schema; the "
                + "beginning of a choice is enough where only one begins so. KEY:=JSON is read as JSON. A key given again "
                + "makes a list. KEY=@FILE is the text of a file, KEY=@- of standard input, KEY=@@TEXT a text that begins "
                + "with @. Nothing is filled in: defaults are the service's to apply.",
            "When the answer is there, the job is on disk. An input that breaks the schema is refused with all reasons. "
                + "--like ID takes model and input of another job; KEY=VALUE replaces a key, --without takes one away.",
            "--matrix makes a job for each value, --repeat makes several of each: with seeds counted up from seed=N where it "
                + "is given, else drawn at random, the same ones for each combination; they stand in the inputs. The key of "
                + "--key is then KEY-1, KEY-2 and so on. All are enqueued or none, at most 10000.",
            "A batch is JSON Lines of {\"model\", \"input\", \"label\", \"key\", \"priority\", \"not_before\", \"hold\"}. "
                + "Every line is enqueued, or none; the options here are for lines that do not say their own.",
            "Where the estimate is above confirm_above_usd of the configuration it asks first, and without a terminal it "
                + "needs --yes. A price that is not known is asked for too.",
        ],
        options: [
            .input,
            .like,
        ] + OrderArguments.varying + [
            .batch,
            .label.saying("a word to find it by"),
        ] + OrderArguments.sending + [
            .dryRun.saying("check it and show what would be sent, but store nothing"),
            .yes,
        ] + Session.configurationOptions,
        examples: [
            .init(
                "jobctl enqueue seedream-4-0/sequential text='Generate 2 images of a fox' "
                    + "sequential_image_generation_options=2 image_size=2560",
                "two pictures, 2560:1440 (16:9)"),
            .init(
                "jobctl enqueue bytedance/seedream-4-0/edit prompt='at night' images=https://example.com/a.png "
                    + "images=https://example.com/b.png", "a list of two"),
            .init(
                "jobctl enqueue bytedance/seedream-4-0/edit --input edit.json --wait", "from a file, and wait"
            ),
            .init(
                "jobctl enqueue seedream-4-0/sequential text=@prompt.txt --matrix image_size=2048,2560 --repeat 3",
                "a prompt in a file, two sizes, three seeds: six jobs"),
            .init("jobctl enqueue --like 12 image_size=2560 --edit", "job 12 in another size, edited first"),
            .init("jobctl enqueue --batch jobs.jsonl --label spring", "many at once"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let isBatch = session.arguments.has(.batch)
        if isBatch { try refuseWhatNoBatchTakes(session.arguments) }
        // A pipe is read to its end before the store is opened: its writer may be slow, and the store's file
        // may be replaced meanwhile.
        let reader =
            isBatch
            ? try InputReader(session.arguments.value(.batch) ?? "-")
                .spooled(in: session.environment["TMPDIR"] ?? "/tmp") : nil
        let store = try session.storeIfAny(session.arguments.has(.dryRun) ? .read : .write)
        var ordering = try Ordering(session, store, "enqueue")
        guard let reader else {
            let template = try ordering.arguments.template()
            return try ordering.take([template], try ordering.arguments.terms(labelIsNew: true))
        }
        let terms = try ordering.arguments.terms(labelIsNew: true)
        return try ordering.take(try ordering.arguments.batch(reader, terms))
    }

    private static func refuseWhatNoBatchTakes(_ arguments: Arguments) throws {
        guard arguments.operands.count <= 1, !arguments.has(.input), !arguments.has(.key) else {
            throw Failure.usage("--batch takes at most a MODEL; inputs and keys stand in the lines")
        }
        let others: [Option] = [.matrix, .repeat, .without, .edit, .like]
        for option in others where arguments.has(option) {
            throw Failure.usage("--batch takes no --\(option.name); a line is one job")
        }
    }
}
