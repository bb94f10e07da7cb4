package import HTTP
package import JSON

/// What the catalogue said: its entries, unread.
package enum CatalogueAnswer: Equatable, Sendable, StoppableAnswer {
    /// `total` counts all models, not those of this page.
    case models([JSON], total: Int64?)
    case stopped(Obstacle)

    /// Reads a page of models.
    package static func readPage(_ response: HTTPResponse) -> CatalogueAnswer {
        read(response, orLacking: "models") { json in
            json["models"]?.array.map { .models($0, total: json["total"]?.integer) }
        }
    }

    /// Reads one model's entry.
    package static func readModel(_ response: HTTPResponse) -> CatalogueAnswer {
        read(response, orLacking: "models") { json in
            json["model_id"]?.string == nil ? nil : .models([json], total: nil)
        }
    }
}
