extension Configuration {
    /// A key as the manual page names it.
    package struct ManualEntry: Sendable {
        package let key: String
        package let defaultText: String?
        package let meaning: String
    }

    /// Every key, in the order of the documentation.
    package static var manual: [ManualEntry] {
        let models = ManualEntry(
            key: "models", defaultText: "{}",
            meaning: "by model id, or by a prefix that ends in *: "
                + Setting.modelKeys.joined(separator: ", "))
        var entries = Setting.all.map {
            ManualEntry(key: $0.key, defaultText: $0.defaultText, meaning: $0.meaning)
        }
        entries.insert(models, at: entries.firstIndex { $0.key == "submit_per_minute" }.map { $0 + 1 } ?? 0)
        return entries
    }
}
