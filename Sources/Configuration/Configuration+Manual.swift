extension Configuration {
    /// Every key, in the order of the documentation.
    package static var manual: [Setting<Configuration>] {
        var entries = Settings.all
        // Its own keys are read apart, so that a fault names the model.
        let models = Setting<Configuration>(
            "models", "{}",
            "by model id, or by a prefix that ends in *: "
                + Settings.ofModel.map(\.key).joined(separator: ", ")
        ) { _, _ in }
        entries.insert(models, at: entries.firstIndex { $0.key == "submit_per_minute" }.map { $0 + 1 } ?? 0)
        return entries
    }
}
