internal import CommandLineTool

/// Progress on one line of a terminal, shown at most ten times a second.
struct ProgressLine {
    private let screen: Screen
    private var next: ContinuousClock.Instant
    private var isShown = false

    /// - Parameter delay: for how long nothing is shown, since most of such work is done by then.
    init(_ screen: Screen, after delay: Duration = .zero) {
        self.screen = screen
        next = .now + delay
    }

    mutating func show(_ text: @autoclosure () -> String) {
        guard screen.standardErrorIsTerminal, .now >= next else { return }
        next = .now + .milliseconds(100)
        isShown = true
        screen.show(progress: text())
    }

    /// Clears the line for other output.
    mutating func clear() {
        if isShown { screen.show(progress: "") }
        isShown = false
    }
}
