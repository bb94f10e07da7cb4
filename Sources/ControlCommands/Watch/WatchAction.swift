/// What a person asks of the store from a live picture.
enum WatchAction: Equatable {
    case cancel(Int64)
    /// Where it buys, that was said and agreed to.
    case retry(Int64, buys: Bool)
    case hold(Int64)
    case release(Int64)
    case pause
    case resume
}
