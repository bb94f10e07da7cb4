package import HTTP
package import JSON

/// What the catalogue said: entries as they came, for whoever keeps schemas to read.
package enum CatalogueAnswer: Equatable, Sendable {
    /// `total` counts all models, not those of this page.
    case models([JSON], total: Int64?)
    case stopped(Obstacle)

    /// Reads a page of models.
    package static func readPage(_ response: HTTPResponse) -> CatalogueAnswer {
        read(response) { json in
            json["models"]?.array.map { .models($0, total: json["total"]?.integer) }
        }
    }

    /// Reads one model's entry.
    package static func readModel(_ response: HTTPResponse) -> CatalogueAnswer {
        read(response) { json in
            json["model_id"]?.string == nil ? nil : .models([json], total: nil)
        }
    }

    private static func read(_ response: HTTPResponse, _ entries: (JSON) -> CatalogueAnswer?)
        -> CatalogueAnswer
    {
        switch Obstacle.read(response) {
        case .failure(let obstacle): .stopped(obstacle)
        case .success(let json):
            entries(json) ?? .stopped(.tryLater("an answer without models", retryAfter: nil))
        }
    }
}
