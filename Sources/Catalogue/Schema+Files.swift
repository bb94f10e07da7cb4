package import JSON

/// A file that an input names.
package struct NamedFile: Equatable, Sendable {
    package let property: String
    /// Where it stands in the input, as a JSONPath.
    package let path: String
    package let url: String
}

extension Schema {
    /// The files that an input names by addresses that may be asked.
    package func files(in input: JSON) -> [NamedFile] {
        properties.filter(\.isFile).flatMap { property -> [NamedFile] in
            let values: [(Place, JSON)] =
                switch input[property.name] {
                case .array(let items)?:
                    items.enumerated().map { (.item(property.name, $0.offset), $0.element) }
                case let value?: [(.property(property.name), value)]
                case nil: []
                }
            return values.compactMap { place, value in
                guard let url = value.string, FileURL.fault(in: url) == nil else { return nil }
                return NamedFile(property: property.name, path: place.path, url: url)
            }
        }
    }

    /// What the schema does not allow about a real file that stands at `path` in the input.
    package func violations(of facts: FileFacts, property: String, path: String) -> [Violation] {
        let rules = self[property]?.validations ?? []
        return rules.compactMap { rule in
            rule.fault(in: facts).map { Violation(path: path, message: $0) }
        }
    }

    /// The rules for which nobody can say whether the file keeps them.
    package func uncheckedRules(of facts: FileFacts, property: String) -> [FileRule] {
        (self[property]?.validations ?? []).filter { !$0.isCheckable(with: facts) }
    }
}
