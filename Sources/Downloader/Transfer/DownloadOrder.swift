package import HTTP
package import JobModel
package import Media
package import Outputs

/// One output to fetch.
package struct DownloadOrder: Sendable {
    package var url: String
    /// What the job's answer called it.
    package var kind: Output.Kind
    /// The size that an earlier try learned.
    package var expectedBytes: Int64?
    /// `output_dir`, absolute.
    package var root: String
    package var name: OutputName
    package var fields: OutputNameFields
    /// Called with the progress once the server gives the whole size, and then every second. It runs on the
    /// transfer thread, so it must not wait.
    package var didProgress: @Sendable (_ fetched: Int64, _ total: Int64?) -> Void
    /// Records the path before the file is there: after a crash, a complete file there is this output. Called
    /// again with another path if the name was taken meanwhile.
    package var willRename: @Sendable (DownloadedFile) async throws -> Void
    /// When the transfer gives way to others; nil for never.
    package var givesWay: GivesWay?
    /// Called before a failure is thrown, with the number of bytes that the next try need not fetch.
    package var didKeep: @Sendable (_ kept: Int64, _ total: Int64?) -> Void

    package init(
        url: String, kind: Output.Kind, expectedBytes: Int64? = nil, root: String, name: OutputName,
        fields: OutputNameFields,
        didProgress: @escaping @Sendable (_ fetched: Int64, _ total: Int64?) -> Void = { _, _ in },
        willRename: @escaping @Sendable (DownloadedFile) async throws -> Void,
        givesWay: GivesWay? = nil,
        didKeep: @escaping @Sendable (_ kept: Int64, _ total: Int64?) -> Void = { _, _ in }
    ) {
        self.url = url
        self.kind = kind
        self.expectedBytes = expectedBytes
        self.root = root
        self.name = name
        self.fields = fields
        self.didProgress = didProgress
        self.willRename = willRename
        self.givesWay = givesWay
        self.didKeep = didKeep
    }
}

/// An output that is complete.
package struct DownloadedFile: Equatable, Sendable {
    /// Relative to `output_dir`.
    package var path: String
    package var bytes: Int64
    package var sha256: String
    package var facts: MediaFacts
    /// Why it might not be complete: the server gave no length, and the format's own end was not found.
    package var doubt: String?
}
