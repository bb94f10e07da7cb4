internal import CommandLineTool

/// How far the words of the jobs were read, shown ten times a second once that takes a while.
struct SearchProgress {
    private let screen: Screen
    private let start = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant?

    init(_ screen: Screen) { self.screen = screen }

    mutating func show(_ count: Int64, of all: Int64) {
        guard screen.standardErrorIsTerminal else { return }
        let now = ContinuousClock.now
        if now - (shownAt ?? start) < .milliseconds(shownAt == nil ? 300 : 100) { return }
        shownAt = now
        screen.show(progress: "reading the words of \(all) jobs: \(count * 100 / max(1, all)) %")
    }

    /// Clears the line for other words.
    mutating func end() {
        if shownAt != nil { screen.show(progress: "") }
        shownAt = nil
    }
}
