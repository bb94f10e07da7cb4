internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobStore

/// `jobctl models refresh`: stores the schemas that the service gives.
///
/// Nothing is stored until all answers are there, and then in one transaction. Models that the service does
/// not list are named and stay, so that an incomplete list removes nothing.
struct ModelRefresh {
    let session: Session
    /// Empty for all models.
    let asked: [String]

    func run() throws -> ExitCode {
        for model in asked where !ModelID.isSound(model) {
            throw Failure(
                .inputRefused, "\"\(SafeText.escape(DisplayWidth.cut(model, to: 60)))\" is not a model id",
                hint: "model ids look like bytedance/seedream-4-0/edit")
        }
        let question = try DaemonQuestion("models", session)
        // If the store cannot be opened, there is no need to ask.
        let known = try session.storeIfAny()
        let answers = try question.answers(about: asked, orElse: "nothing was refreshed")
        let models = try read(answers, known)
        let documents = models.compactMap { model in model.document.map { (model.model, $0) } }
        if documents.isEmpty, asked.isEmpty {
            throw Failure(
                .unavailable, "nothing was refreshed: the service lists no model with a schema")
        }
        let isDry = session.arguments.has(.dryRun)
        var store: JobDatabase?
        if !isDry, !documents.isEmpty {
            let database = try session.store(.create)
            try database.store(models: documents)
            session.wake(database.directory)
            store = database
        }
        for model in models { try show(model, isStored: store != nil) }
        session.note(summary(models) + (isDry ? "; nothing was stored" : ""))
        if let store { try session.finish(store) }
        let isPartial = models.contains { $0.change == .gone || $0.change == .skipped }
        return !asked.isEmpty && isPartial ? .no : .success
    }

    private func read(_ answers: [JSON], _ store: JobDatabase?) throws -> [RefreshedModel] {
        var models: [String: RefreshedModel] = [:]
        var total: Int64?
        for answer in answers {
            total = answer["total"]?.integer ?? total
            let asked = answer["model"]?.string
            if let entry = answer["entry"] {
                let model = try RefreshedModel(entry, asked: asked, in: store)
                models[model.model] = model
            } else if let asked {
                models[asked] = RefreshedModel(gone: asked, answer["gone"]?.string ?? "the service lacks it")
            }
        }
        if asked.isEmpty { try addUnlisted(to: &models, total, store) }
        return models.values.sorted { $0.model < $1.model }
    }

    /// Adds the known models that are missing from a complete list.
    private func addUnlisted(
        to models: inout [String: RefreshedModel], _ total: Int64?, _ store: JobDatabase?
    ) throws {
        if let total, total > models.count {
            session.note(
                "note: the service counts \(NumberText.of(total, "model")) "
                    + "and lists \(NumberText.of(models.count)); the others stay as they were"
            )
            return
        }
        for model in try session.knownModels(in: store) where models[model] == nil {
            models[model] = RefreshedModel(
                gone: model, "the service does not list it; the known schema stays")
        }
    }

    private func show(_ model: RefreshedModel, isStored: Bool) throws {
        let screen = session.screen
        if session.wantsJSON { return try session.emit(model.json(isStored: isStored)) }
        if model.change == .unchanged { return }
        let name = SafeText.escape(model.model)
        let words = model.words.map { SafeText.escape($0) }
        guard !session.isQuiet else {
            if model.document != nil { try screen.write(name + "\n") }
            return
        }
        guard screen.isTerminal else {
            let line = [model.change.rawValue, name, words.joined(separator: "; ")].joined(separator: "\t")
            return try screen.write(line + "\n")
        }
        let style: Style =
            switch model.change {
            case .new: .good
            case .gone, .skipped: .warning
            case .changed, .unchanged: .active
            }
        try screen.write(screen.styled(model.change.rawValue.padded(to: 9), style) + name + "\n")
        for word in words {
            let lines = Paragraph.wrap(word, width: min(screen.width, 100) - 11).split(separator: "\n")
            try screen.write("         - " + lines.joined(separator: "\n           ") + "\n")
        }
    }

    private func summary(_ models: [RefreshedModel]) -> String {
        let order: [RefreshedModel.Change] = [.new, .changed, .unchanged, .gone, .skipped]
        let counts = order.compactMap { change -> String? in
            let count = models.count { $0.change == change }
            return count == 0 ? nil : "\(NumberText.of(count)) \(change.rawValue)"
        }
        return counts.joined(separator: ", ")
    }
}
