internal import Glibc
package import System

/// A gallery that is made on another machine: only the files that are missing here have to come over.
extension GalleryFolder {
    /// What a gallery has already, so that it need not be made or sent once more.
    package struct Stock: Equatable, Sendable {
        package var names: Set<String>
        package var declined: Set<String>

        package init(names: Set<String>, declined: Set<String>) {
            (self.names, self.declined) = (names, declined)
        }
    }

    /// The files that are complete.
    package func stock() throws(GalleryError) -> Stock {
        try announce([])
        return Stock(names: marker.names.filter { size(of: $0) ?? 0 > 0 }, declined: marker.declined)
    }

    /// On the machine that makes it: thumbnails that the other one has are not made, and files that it has
    /// are not fetched from object storage.
    package func pretend(_ stock: Stock) throws(GalleryError) {
        elsewhere = stock.names
        try announce(stock.names)
        for name in stock.names where name.hasPrefix(Self.thumbnails) { try replace(name, with: [0]) }
        try settle(declined: stock.declined)
    }

    /// What it consists of now.
    package var content: Stock { Stock(names: marker.names, declined: marker.declined) }

    /// Opens a file, or what a link leads to.
    package func open(_ name: String) -> FileDescriptor? { try? FileDescriptor(opening: "\(path)/\(name)") }

    /// Writes a file that has come over. `body` says whether it is complete.
    package func receive(
        _ name: String, _ body: (FileDescriptor) throws -> Bool
    ) throws(GalleryError) {
        let isKnown = name == Self.page || marker.names.contains(name)
        guard isKnown else { throw .cannot("write", path: "\(path)/\(name)", SystemError(EINVAL)) }
        try make(name) { file throws(GalleryError) in
            let isComplete: Bool
            do { isComplete = try body(file) } catch {
                throw .cannot("write", path: "\(path)/\(name)", error as? SystemError ?? SystemError(EIO))
            }
            guard isComplete else { throw .cannot("write", path: "\(path)/\(name)", SystemError(EPIPE)) }
            try GalleryError.doing("write", "\(path)/\(name)", try file.sync())
        }
    }

    /// These files may come.
    package func expect(_ content: Stock) throws(GalleryError) { try announce(content.names) }

    /// They have come. Returns how many others were removed.
    package func finish(_ content: Stock) throws(GalleryError) -> Int {
        try settle(on: content.names, declined: content.declined)
    }
}
