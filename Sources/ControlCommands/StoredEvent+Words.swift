internal import JobModel
internal import JobStore

extension StoredEvent {
    /// What happened, and what is known of it, in one line. Not yet harmless for a terminal.
    var words: String {
        let words = EventWords.of(self)
        return words.isEmpty ? kind.rawValue : "\(kind.rawValue): \(words)"
    }
}
