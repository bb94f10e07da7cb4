internal import CommandLineTool

/// How far the reading of files has come, shown ten times a second.
struct VerificationProgress {
    private let screen: Screen
    private(set) var files: Int64 = 0
    private(set) var bytes: Int64 = 0
    private var expectedFiles: Int64 = 0
    private var expectedBytes: Int64?
    private var lastShown: ContinuousClock.Instant?

    init(_ screen: Screen) { self.screen = screen }

    mutating func expect(files: Int64, bytes: Int64?) { (expectedFiles, expectedBytes) = (files, bytes) }

    mutating func read(_ count: Int64) {
        bytes += count
        show()
    }

    mutating func finishFile() {
        files += 1
        show()
    }

    private mutating func show() {
        guard screen.standardErrorIsTerminal else { return }
        let now = ContinuousClock.now
        if let lastShown, now - lastShown < .milliseconds(100) { return }
        lastShown = now
        let all = expectedBytes.map { " of \(ByteText.of($0))" } ?? ""
        screen.show(progress: "\(files) of \(expectedFiles) files, \(ByteText.of(bytes))\(all)")
    }

    /// Clears the line for other words.
    mutating func end() {
        if lastShown != nil { screen.show(progress: "") }
        lastShown = nil
    }
}
