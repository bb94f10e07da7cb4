package import Configuration

/// Where the daemon says what happens: one line an event.
package struct Log: Sendable {
    let write: @Sendable (Configuration.LogLevel, String) -> Void

    package init(_ write: @escaping @Sendable (Configuration.LogLevel, String) -> Void) { self.write = write }

    func info(_ text: String) { write(.info, text) }
    func warning(_ text: String) { write(.warning, text) }
    func error(_ text: String) { write(.error, text) }
}
