internal import Configuration
internal import Downloader

/// A configuration file, and each of its lines as the value of `--set`.
enum ConfigurationPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        var reader = ConfigurationReader()
        try? reader.read(file: bytes)
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(20) {
            try? reader.read(assignment: String(line))
        }
        guard let configuration = try? reader.finished() else { return nil }
        if configuration.pollMin > configuration.pollMax || configuration.retryMin > configuration.retryMax {
            return "a shortest time that is the longest"
        }
        if configuration.maxInFlight < 1 || configuration.maxSubmitting < 1 { return "nothing may leave" }
        if configuration.onFinish == [] || configuration.onAttention == [] { return "a command of no words" }
        let budgets = [configuration.budget] + configuration.labelBudgets.values
        let prices = budgets.flatMap { [$0.perDay, $0.perMonth, $0.inTotal] }.compactMap(\.self)
        if prices.contains(where: { !($0 >= 0) || !$0.isFinite }) { return "a budget of \(prices)" }
        let isEncrypted = configuration.apiURL.lowercased().hasPrefix("https://")
        let hosts = ["localhost", "127.", "[::1]"].map { "http://" + $0 }
        if !isEncrypted, !hosts.contains(where: { configuration.apiURL.lowercased().hasPrefix($0) }) {
            return "the token would go to \(configuration.apiURL)"
        }
        _ = configuration.limits(of: "a/b")
        return nil
    }
}
