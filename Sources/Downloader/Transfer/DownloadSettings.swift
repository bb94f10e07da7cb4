package import System

/// The limits of all downloads.
package struct DownloadSettings: Sendable {
    /// The API's base. Its host may always serve outputs.
    package var apiURL: String
    /// Hosts, and suffixes that start with a dot.
    package var hosts: [String]
    package var maximumBytes: Int64
    /// Free space to keep on the disk of the outputs.
    package var minimumFree: Int64
    package var connectTimeout: Duration
    package var silenceTimeout: Duration
    package var access: FileAccess

    package init(
        apiURL: String, hosts: [String], maximumBytes: Int64, minimumFree: Int64, connectTimeout: Duration,
        silenceTimeout: Duration, access: FileAccess
    ) {
        self.apiURL = apiURL
        self.hosts = hosts
        self.maximumBytes = maximumBytes
        self.minimumFree = minimumFree
        self.connectTimeout = connectTimeout
        self.silenceTimeout = silenceTimeout
        self.access = access
    }
}
