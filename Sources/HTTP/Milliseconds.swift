extension Duration {
    /// Whole milliseconds, rounded down, as far as they fit.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow
            ? (seconds < 0 ? .min : .max) : Int(product) + Int(attoseconds / 1_000_000_000_000_000)
    }
}
