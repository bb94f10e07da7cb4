internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// What the command line of `enqueue`, `rerun` or `validate` says about new jobs.
struct OrderArguments {
    /// Options that change the input.
    static let varying: [Option] = [.matrix, .repeat, .without, .edit]

    static let sending: [Option] = [
        .key,
        .priority.saying("jobs with a higher priority are sent first"),
        .notBefore.saying("do not send it earlier: 2h, 22:00, 2026-01-31 18:00, or RFC 3339"),
        .hold,
        .maxUSD,
        .wait,
        .timeout.saying("with --wait: wait no longer than this"),
        .noValidate,
        .verbose,
    ]

    let session: Session
    let store: JobDatabase?
    let checker: Checker
    private var words: InputWords

    init(_ session: Session, _ models: ModelLookup) {
        self.session = session
        store = models.store
        checker = Checker(
            models, session.localFiles(models.store), validates: !session.arguments.has(.noValidate)
        ) { session.note($0) }
        words = InputWords(
            standardInputIsTaken: session.arguments.value(.input) == "-"
                || session.arguments.value(.from) == "-" || session.arguments.operands.contains("-"))
    }

    /// - Parameter labelIsNew: whether `--label` sets the label of the new jobs, or selects existing jobs.
    func terms(labelIsNew: Bool) throws -> Terms {
        let arguments = session.arguments
        var terms = Terms()
        terms.label = labelIsNew ? arguments.value(.label) : nil
        terms.key = arguments.value(.key)
        if terms.key == "" { throw Failure.usage("--key is empty") }
        terms.priority = try arguments.integer(.priority)
        terms.notBefore = try session.moment(.notBefore, .fromNow)
        terms.isHeld = arguments.has(.hold)
        terms.validates = !arguments.has(.noValidate)
        return terms
    }

    mutating func matrix() throws -> Matrix {
        try Matrix(
            session.arguments.values(.matrix),
            repetitions: session.arguments.integer(.repeat, in: 1...Int64.max), &words)
    }

    /// The lines of `--batch`.
    func batch(_ reader: InputReader, _ terms: Terms) throws -> Batch {
        let model = try session.arguments.operands.first.map(checker.model)
        let making = session.arguments.has(.make) ? Making(checker.models) : nil
        return Batch(reader, model: model, terms, checker, making: making)
    }

    /// One job: its model, and its input from words, a file, or another job.
    mutating func template() throws -> Template {
        let arguments = session.arguments
        var operands = arguments.operands[...]
        let like = try arguments.value(.like).map(other)
        // No model id contains an equals sign, so a first word with one belongs to the input.
        let isNamed = like == nil || operands.first.map { !$0.utf8.contains(UInt8(ascii: "=")) } ?? false
        let typed = isNamed ? operands.popFirst() : nil
        guard let model = try typed.map(checker.model) ?? like?.model else {
            throw Failure.usage("which model?", hint: "jobctl models lists the known ones")
        }
        _ = try checker.schema(of: model)
        var template = Template(model: model, input: like?.input ?? [:])
        template.isCopy = like != nil
        if let path = arguments.value(.input) {
            guard operands.isEmpty, like == nil else {
                throw Failure.usage("give --input, or \(like == nil ? "KEY=VALUE" : "--like"), not both")
            }
            let bytes = try InputReader(path).all()
            if arguments.has(.edit) {
                template.editableText = String(decoding: bytes, as: UTF8.self)
                return template
            }
            template.input = try Template.object(bytes)
        }
        var templates = [template]
        try change(&templates, by: Array(operands))
        return templates[0]
    }

    /// The job that `--like` names.
    private func other(_ word: String) throws -> Template {
        guard let id = Int64(word), id > 0 else {
            throw Failure.usage("--like \(SafeText.escape(word)): an id is a number", hint: "--like 12")
        }
        guard let store else { throw Failure.noJob(id) }
        return try Template(of: store.job(id))
    }

    mutating func change(_ templates: inout [Template], by operands: [String]) throws {
        try words.change(
            &templates, by: operands, without: session.arguments.values(.without), checker)
    }
}
