internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JobStore
internal import Policy
internal import Startup

/// `jobd --check`: says what jobd would work with, and changes nothing.
struct DaemonCheck {
    let directory: StateDirectory
    let file: ConfigurationFile
    let configuration: Configuration
    let token: TokenSource.Token?
    let screen: Screen

    func run() throws -> ExitCode {
        try screen.write(
            "configuration  \(file.isThere ? file.place.path : "none (\(file.place.path))"), valid\n")
        try screen.write("api            \(configuration.apiURL)\n")
        try screen.write("state          \(directory.path) (\(directory.origin.rawValue))\n")
        if let store = directory.sharedStore { try screen.write("store          \(store)\n") }
        var database: JobDatabase?
        do {
            let found = try JobDatabase(directory, .read)
            let (version, engine) = (try found.schemaVersion(), found.engine)
            try screen.write("database       schema \(version), \(engine.name) \(engine.version)\n")
            database = found
        } catch StoreError.missing {
            try screen.write("database       not there yet; jobd creates it\n")
        }
        let unpriced = try unpricedModels(database)
        if !unpriced.isEmpty {
            screen.say(
                SafeText.escape(
                    "jobd: warning: a budget is set, but cannot hold back models of unknown price: "
                        + unpriced.joined(separator: ", ")))
            screen.say("hint: set models.MODEL.price_usd")
        }
        if let url = configuration.storage.url {
            let place = configuration.storage.endpoint.map { " at \($0)" } ?? ""
            try screen.write(
                "storage        \(url)\(place), inputs: \(configuration.inputRoute.rawValue), "
                    + "outputs: \(configuration.storage.outputs.rawValue)\n")
        }
        guard let token else {
            try screen.write("token          none\n")
            throw TokenSource.missing
        }
        try screen.write("token          from \(token.origin)\n")
        return .success
    }

    /// The known models that no budget holds back, because their price is unknown.
    private func unpricedModels(_ database: JobDatabase?) throws -> [String] {
        guard configuration.hasBudget else { return [] }
        let catalogue = ModelCatalogue(configuration) { try database?.storedModel($0)?.document }
        let stored = try database?.storedModels().map(\.model) ?? []
        let models = try Schema.builtIn.map(\.modelID) + stored + (database?.readyModels() ?? [])
        return try Set(models).filter { try catalogue.unitPrice(of: $0, catalogue.schema(of: $0)) == nil }
            .sorted()
    }
}
