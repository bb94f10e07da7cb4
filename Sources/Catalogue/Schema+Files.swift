extension Schema {
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
