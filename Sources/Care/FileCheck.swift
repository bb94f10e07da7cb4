internal import Glibc
package import JobModel
internal import System

/// Holds one file against its record.
package struct FileCheck {
    package enum Finding: Equatable, Sendable {
        case missing
        case changed(String)
        case unreadable(String)
    }

    private let places: OutputPlaces
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    package init(_ places: OutputPlaces) { self.places = places }

    /// Reads the whole file. Nil where it is what the record says.
    ///
    /// - Parameter didRead: told how many bytes have come, now and then.
    package mutating func examine(_ output: Output, didRead: (Int64) -> Void) -> Finding? {
        guard let recorded = output.path else { return .missing }
        let (folder, path) = places.readingPlace(of: recorded)
        let file: Int32
        do throws(FileFault) { file = try folder.openFile(path) } catch {
            if error.isMissing { return .missing }
            return error.isLink ? .changed("\(error)") : .unreadable("\(error)")
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return .unreadable("\(FileFault.last)") }
        guard status.st_mode & S_IFMT == S_IFREG else { return .changed("it is no ordinary file") }
        if let bytes = output.bytes, bytes != Int64(status.st_size) {
            return .changed("it has \(status.st_size) bytes, not \(bytes)")
        }
        posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL)
        let digest = SHA256()
        while true {
            let count = unsafe read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return .unreadable("\(FileFault.last)") }
            if count == 0 { break }
            unsafe buffer.withUnsafeBytes {
                unsafe digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
            didRead(Int64(count))
        }
        return digest.hexadecimal() == output.sha256 ? nil : .changed("its content is another one (sha256)")
    }
}
