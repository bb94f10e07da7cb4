/// Where outputs lie: in `outputs/` of the state directory, recorded relative to it, or in another
/// `output_dir`.
package struct OutputPlaces: Sendable {
    /// `outputs/` of the state directory.
    package let own: OutputFolder
    /// `output_dir` as it is configured now.
    package let current: OutputFolder

    package init(own: String, current: String) {
        self.own = OutputFolder(own)
        self.current = OutputFolder(current)
    }

    /// The folders in which outputs are expected.
    package var folders: [OutputFolder] { own == current ? [own] : [own, current] }

    /// Below which folder a recorded path lies, and how from there. Nil where it lies in none: `output_dir`
    /// was another one when it was recorded.
    package func place(of recorded: String) -> (folder: OutputFolder, path: String)? {
        guard recorded.hasPrefix("/") else { return (own, recorded) }
        for folder in folders where recorded.hasPrefix(folder.path + "/") {
            return (folder, String(recorded.dropFirst(folder.path.count + 1)))
        }
        return nil
    }

    /// As `place`, and where the record leads to another folder, that one: for looking only.
    package func readingPlace(of recorded: String) -> (folder: OutputFolder, path: String) {
        if let place = place(of: recorded) { return place }
        let slash = recorded.lastIndex(of: "/") ?? recorded.startIndex
        return (
            OutputFolder(String(recorded[...slash])), String(recorded[recorded.index(after: slash)...])
        )
    }
}
