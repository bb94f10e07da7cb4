internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import Spelling

/// `jobctl models`: a line for each model.
enum ModelList {
    static func show(_ words: [String], _ session: Session) throws -> ExitCode {
        let all = try session.catalogue(in: try session.storeIfAny())
        let found = all.filter { $0.matches(words) }
        if found.isEmpty {
            throw Failure(
                .no, "no model name contains \(SafeText.escape(words.joined(separator: " ")))",
                hint: hint(words, all.map(\.schema.modelID)))
        }
        var table = Table([
            .init("MODEL"), .init("PRICE"), .init("SCHEMA"), .init("NEEDS", isFlexible: true),
        ])
        for model in found {
            if session.wantsJSON {
                try session.emit(.object(model.json))
            } else if session.isQuiet {
                try session.screen.write(SafeText.escape(model.schema.modelID) + "\n")
            } else {
                table.add([
                    .init(model.schema.modelID), .init(model.price ?? "-"),
                    .init(model.origin(session.screen)),
                    .init(model.schema.required.joined(separator: ", ")),
                ])
            }
        }
        try session.screen.write(table)
        return .success
    }

    /// A word may be a mistyped part of a name, or a mistyped `show`.
    private static func hint(_ words: [String], _ models: [String]) -> String {
        let word = words.first ?? ""
        if let verb = Suggestion.nearest(to: word, among: ["show", "refresh", "import", "forget"]) {
            return "did you mean jobctl models \(verb)?"
        }
        let parts = models.flatMap { $0.split { "/-".contains($0) }.map(String.init) }
        return Session.modelHint(didYouMean: Suggestion.nearest(to: word, among: models + parts))
    }
}
