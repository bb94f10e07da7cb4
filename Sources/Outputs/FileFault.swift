internal import Glibc
package import JobModel
internal import System

/// How a file differs from its record.
package enum FileFault: Equatable, Sendable {
    case missing
    case changed(String)
    case unreadable(String)
}

extension OutputPlaces {
    /// Reads the whole file. Nil if it is as recorded.
    ///
    /// - Parameter didRead: called now and then with the number of bytes read since.
    package func fault(of output: Output, didRead: (Int64) -> Void = { _ in }) -> FileFault? {
        guard let recorded = output.path else { return .missing }
        return file(recorded).fault(bytes: output.bytes, sha256: output.sha256, didRead: didRead)
    }
}

extension OutputFile {
    /// The same of any file, which should have this size and this content.
    package func fault(
        bytes: Int64?, sha256: String?, didRead: (Int64) -> Void = { _ in }
    ) -> FileFault? {
        let digest = SHA256()
        do throws(SystemError) {
            let file = try open()
            let status = try file.status()
            guard status.isFile else { return .changed("it is not an ordinary file") }
            if let bytes, bytes != status.size {
                return .changed("it has \(status.size) bytes, not \(bytes)")
            }
            posix_fadvise(file.number, 0, 0, POSIX_FADV_SEQUENTIAL)
            while case let piece = try file.read(1 << 20), !piece.isEmpty {
                unsafe piece.withUnsafeBytes { unsafe digest.update($0) }
                didRead(Int64(piece.count))
            }
        } catch {
            if error.isMissing { return .missing }
            return error.isLink ? .changed("\(error)") : .unreadable("\(error)")
        }
        return digest.hexadecimal() == sha256 ? nil : .changed("its content has changed (sha256)")
    }
}
