package import JobModel
internal import SQL

/// A schema that was added while the program was in use.
package struct StoredModel: Sendable {
    package let model: String
    /// JSON text.
    package let document: String
    package let updatedAt: Timestamp?
}

extension JobDatabase {
    /// The stored schema of `model`.
    package func storedModel(_ model: String) throws -> StoredModel? {
        try first("SELECT document, updated_at FROM models WHERE model = ?1", model) {
            StoredModel(model: model, document: $0.text(0), updatedAt: $0.timestamp(1))
        }
    }

    /// All stored schemas.
    package func storedModels() throws -> [StoredModel] {
        try all("SELECT model, document, updated_at FROM models ORDER BY model") {
            StoredModel(model: $0.text(0), document: $0.text(1), updatedAt: $0.timestamp(2))
        }
    }

    /// Stores schemas, and replaces the ones that these models had.
    package func store(models: [(model: String, document: String)]) throws {
        let now = now
        try transaction {
            for (model, document) in models {
                try run(
                    """
                    INSERT INTO models (model, document, updated_at) VALUES (?1, ?2, ?3)
                    ON CONFLICT (model) DO UPDATE
                    SET document = excluded.document, updated_at = excluded.updated_at
                    """, model, document, now)
            }
        }
    }

    /// Forgets a stored schema, so that the built-in one counts again.
    package func forget(model: String) throws -> Bool {
        try transaction { try rowsChanged(by: "DELETE FROM models WHERE model = ?1", model) > 0 }
    }
}
