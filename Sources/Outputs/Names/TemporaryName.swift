internal import JobModel

/// The names of the files that a download keeps until it is complete: hidden, and the same after a restart.
package struct TemporaryName: Sendable {
    /// The bytes so far.
    package let part: String
    /// What proves that they belong to the server's file.
    package let note: String

    package init(id: Int64, position: Int) {
        part = ".\(JobFileName.digits(of: id))-\(position).part"
        note = part + ".json"
    }

    /// The name of a sidecar while it is written.
    package static func of(sidecar name: String) -> String { ".\(name).part" }

    /// The job of `.000012-1.part`, `.000012-1.part.json` or `.000012.json.part`.
    package static func job(of name: String) -> Int64? {
        guard name.hasPrefix("."), name.hasSuffix(".part") || name.hasSuffix(".part.json") else { return nil }
        return Int64(name.dropFirst().prefix { ("0"..."9").contains($0) })
    }
}

/// A path, split at its last slash.
package struct PathParts {
    /// Empty if there is none.
    package let directory: String
    package let name: String

    package init(_ path: String) {
        // Byte by byte, as the kernel reads it.
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            (directory, name) = ("", path)
            return
        }
        directory = String(path[..<slash])
        name = String(path[path.utf8.index(after: slash)...])
    }

    package func sibling(_ name: String) -> String { directory.isEmpty ? name : "\(directory)/\(name)" }
}
