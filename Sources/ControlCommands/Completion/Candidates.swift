/// What could stand in the place of a word that is not finished.
enum Candidates {
    /// Words, each with a few words about it.
    case words([(text: String, meaning: String)])
    case files
    case directories

    static func words(_ texts: [String]) -> Candidates { .words(texts.map { ($0, "") }) }

    static let none = words([String]())
}
