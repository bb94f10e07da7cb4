internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// What was typed of one job: its model, and its input from words, from a file, or from another job.
struct TypedInput {
    let session: Session
    let store: JobDatabase?
    var draft: JobDraft
    var words: InputWords

    init(_ session: Session, _ store: JobDatabase?) {
        self.session = session
        self.store = store
        draft = JobDraft(session, store)
        draft.saysWhatIsWaived = true
        words = InputWords(
            standardInputIsTaken: session.arguments.value(.input) == "-"
                || session.arguments.value(.from) == "-" || session.arguments.operands.contains("-"))
    }

    mutating func template() throws -> Template {
        let arguments = session.arguments
        var operands = arguments.operands[...]
        let like = try arguments.value(.like).map(other)
        // No model's id holds an equals sign, so that a first word with one is the input's.
        let isNamed = like == nil || operands.first.map { !$0.utf8.contains(UInt8(ascii: "=")) } ?? false
        let typed = isNamed ? operands.popFirst() : nil
        guard let model = try typed.map({ try draft.model($0) }) ?? like?.model else {
            throw Failure.usage("which model?", hint: "jobctl models lists them")
        }
        _ = try draft.schema(of: model)
        var template = Template(model: model, input: like?.input ?? [:])
        template.isCopy = like != nil
        if let path = arguments.value(.input) {
            guard operands.isEmpty, like == nil else {
                throw Failure.usage("give --input, or \(like == nil ? "KEY=VALUE" : "--like"), not both")
            }
            let bytes = try InputReader(path).all()
            if arguments.has(.edit) {
                template.page = String(decoding: bytes, as: UTF8.self)
                return template
            }
            template.input = try draft.input(bytes).object ?? [:]
        }
        var templates = [template]
        try InputChanges(words: try words.resolved(Array(operands)), without: arguments.values(.without))
            .apply(to: &templates, &draft)
        return templates[0]
    }

    /// The job that `--like` names.
    private func other(_ word: String) throws -> Template {
        guard let id = Int64(word), id > 0 else {
            throw Failure.usage("--like \(SafeText.escape(word)): an id is a number", hint: "--like 12")
        }
        guard let job = try store?.find(id) else { throw Failure(.no, "no job \(id)") }
        return try Template(of: job)
    }
}
