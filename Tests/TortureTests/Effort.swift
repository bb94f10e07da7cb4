import Glibc
import Scratch

/// How much is tried: `make test` takes a quick share, `make torture` all of it.
enum Effort {
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static let isLong = variable("TORTURE") != nil
    /// How many points of a life are crashed at; nil for each of them.
    static let points = isLong ? nil : variable("TORTURE_POINTS").flatMap { Int($0) } ?? 6
    /// How many random runs there are, if somebody says so.
    static let rounds = variable("TORTURE_ROUNDS").flatMap { Int($0) }
    static let soakMinutes = variable("SOAK_MINUTES").flatMap { Int($0) }

    /// `$TORTURE_SEED`, or one of the clock's.
    static func freshSeed() -> SeededNumbers {
        if let given = variable("TORTURE_SEED").flatMap({ UInt64($0) }) { return SeededNumbers(given) }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return SeededNumbers(UInt64(now.tv_nsec) % 1_000_000)
    }

    /// Says a figure where a person, and the document, can find it.
    static func say(_ words: String) {
        print("torture: \(words)")
        fflush(nil)
        guard let path = variable("TORTURE_FIGURES"), let file = fopen(path, "a") else { return }
        defer { fclose(file) }
        fputs(words + "\n", file)
    }
}
