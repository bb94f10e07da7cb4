/// Another process, as people know it.
package struct RunningProcess: Equatable, Sendable, CustomStringConvertible {
    package let id: Int32
    /// The name of its program; nil if the system does not say.
    package let program: String?

    package init(_ id: Int32) {
        self.id = id
        let name = try? FileDescriptor(opening: "/proc/\(id)/comm").readToEnd(limit: 64)
        program = name.map { String(decoding: $0.prefix { $0 != 0x0A }, as: UTF8.self) }
    }

    package var description: String { "\(program ?? "another program") (pid \(id))" }
}
