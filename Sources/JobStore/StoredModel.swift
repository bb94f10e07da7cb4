package import JobModel

/// A schema that was stored at run time.
package struct StoredModel: Sendable {
    package let model: String
    /// JSON text.
    package let document: String
    package let updatedAt: Timestamp?
}
