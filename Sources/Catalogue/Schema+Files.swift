package import JSON

/// A file that an input names.
package struct NamedFile: Sendable {
    /// Where it stands in the input, as a JSONPath.
    package let path: String
    package let url: String
    /// What the schema demands of it.
    package let demand: FileDemand
}

extension FileDemand {
    /// What is wrong with a real file.
    package func faults(in facts: FileFacts) -> [String] { validations.compactMap { $0.fault(in: facts) } }

    /// The rules for which nobody can say whether the file keeps them.
    package func uncheckedRules(of facts: FileFacts) -> [FileRule] {
        validations.filter { !$0.isCheckable(with: facts) }
    }
}

extension Schema {
    /// Everything that is wrong with an input.
    package func violations(in input: JSON) -> [Violation] {
        SchemaCheck(input, self, namesFiles: false).violations
    }

    /// The same, with the files that the input names by addresses that may be asked, wherever they stand.
    package func check(_ input: JSON) -> SchemaCheck { SchemaCheck(input, self, namesFiles: true) }

    package func files(in input: JSON) -> [NamedFile] { check(input).files }
}
