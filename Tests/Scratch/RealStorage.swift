internal import Glibc

/// The object storage that `make test-storage` runs: its address, and the configuration of another client.
package enum RealStorage {
    /// Nil in other runs of the tests.
    package static let endpoint = getenv("STORAGE_ENDPOINT").map { String(cString: $0) }
    package static let clientFile = getenv("STORAGE_S3CMD").map { String(cString: $0) } ?? ""
}
