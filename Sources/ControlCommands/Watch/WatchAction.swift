/// What a person asks of the store from a live picture.
enum WatchAction: Equatable {
    case cancel(Int64)
    case retry(Int64)
    case hold(Int64)
    case release(Int64)
    case pause
    case resume
}
