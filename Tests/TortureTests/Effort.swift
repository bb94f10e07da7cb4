import Glibc

/// How much is tried: `make test` takes a quick share, `make torture` all of it.
enum Effort {
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static let isLong = variable("TORTURE") != nil
    /// How many points of a life are crashed at; nil for each of them.
    static let points = isLong ? nil : variable("TORTURE_POINTS").flatMap { Int($0) } ?? 6
    static let soakMinutes = variable("SOAK_MINUTES").flatMap { Int($0) }

    /// Says a figure where a person, and the document, can find it.
    static func say(_ words: String) {
        print("torture: \(words)")
        fflush(nil)
        guard let path = variable("TORTURE_FIGURES"), let file = fopen(path, "a") else { return }
        defer { fclose(file) }
        fputs(words + "\n", file)
    }
}
