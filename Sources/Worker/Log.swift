package import Configuration

/// Where the daemon says what happens: one line an event.
package struct Log: Sendable {
    private let write: @Sendable (Configuration.LogLevel, String) -> Void

    package init(_ write: @escaping @Sendable (Configuration.LogLevel, String) -> Void) { self.write = write }

    package func debug(_ text: String) { write(.debug, text) }
    package func info(_ text: String) { write(.info, text) }
    package func warning(_ text: String) { write(.warning, text) }
    package func error(_ text: String) { write(.error, text) }
}
