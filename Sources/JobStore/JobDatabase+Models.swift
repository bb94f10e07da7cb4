internal import SQLite

extension JobDatabase {
    /// The schema of `model` that was stored at run time.
    package func storedModel(_ model: String) throws -> StoredModel? {
        try perform {
            try connection.first("SELECT document, updated_at FROM models WHERE model = ?1", model) {
                StoredModel(model: model, document: $0.text(0), updatedAt: $0.timestamp(1))
            }
        }
    }

    /// All schemas that were stored at run time.
    package func storedModels() throws -> [StoredModel] {
        try perform {
            try connection.all("SELECT model, document, updated_at FROM models ORDER BY model") {
                StoredModel(model: $0.text(0), document: $0.text(1), updatedAt: $0.timestamp(2))
            }
        }
    }

    /// Puts schemas in the place of what was known of these models.
    package func store(models: [(model: String, document: String)]) throws {
        let now = now
        try transaction {
            for (model, document) in models {
                try connection.run(
                    "INSERT OR REPLACE INTO models (model, document, updated_at) VALUES (?1, ?2, ?3)",
                    model, document, now)
            }
        }
    }

    /// Forgets what was stored, so that the schema in the program stands again.
    package func forget(model: String) throws -> Bool {
        try transaction { try connection.run("DELETE FROM models WHERE model = ?1", model) > 0 }
    }
}
