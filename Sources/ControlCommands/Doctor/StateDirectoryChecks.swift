internal import CommandLineTool
internal import Configuration
internal import Glibc
internal import Inputs
internal import JobStore
internal import Outputs
internal import Startup
internal import System

/// The state directory: which one, its modes and its file system; and the free space for outputs.
struct StateDirectoryChecks {
    let directory: StateDirectory
    let configuration: Configuration

    func all() -> [Diagnosis] {
        let source = "\(directory.path) (\(directory.origin.rawValue))"
        let isShared = directory.sharedStore != nil
        guard directory.exists else {
            if isShared {
                return [.ok("state", "\(source) does not exist; only a jobd on this machine needs it")]
            }
            let hint = "jobctl enqueue creates it, and so does jobd"
            return [.warning("state", "\(source) does not exist yet", hint)]
        }
        return [state(source)] + files() + (isShared ? [] : [fileSystem()]) + [space()] + inputs()
    }

    private func state(_ source: String) -> Diagnosis {
        do { try directory.checkAccess() } catch {
            return .fault("state", "\(error)", (error as? StoreError)?.hint)
        }
        let mode = Self.mode(of: directory.path) ?? 0
        let words = "\(source), mode \(String(mode, radix: 8))"
        if mode & 0o007 != 0 {
            return .fault("state", "\(words): everybody has access to it", "chmod o= \(directory.path)")
        }
        if mode & 0o070 != 0, !directory.isShared {
            return .warning(
                "state", "\(words): neither private (700) nor a group's (2770)",
                "chmod 700 \(directory.path), or chmod 2770 if its group may spend")
        }
        return .ok("state", words + (directory.isShared ? ": the members of its group may spend" : ""))
    }

    /// Files with the wrong mode: open to others, or closed to the group.
    private func files() -> [Diagnosis] {
        let wrong = StateDirectory.fileNames.compactMap { name -> String? in
            guard let mode = Self.mode(of: directory.path + "/" + name), mode & 0o777 != directory.fileMode
            else { return nil }
            return "\(name) \(String(mode & 0o777, radix: 8))"
        }
        guard !wrong.isEmpty else { return [] }
        let wanted = String(directory.fileMode, radix: 8)
        let names = wrong.map { $0.prefix { $0 != " " } }
        return [
            .warning(
                "modes", "\(wrong.joined(separator: ", ")), not \(wanted)",
                "cd \(directory.path) && chmod \(wanted) \(names.joined(separator: " "))")
        ]
    }

    private func fileSystem() -> Diagnosis {
        let kind = FileSystem(of: directory.path)
        guard let complaint = kind.complaint else { return .ok("file system", "local") }
        return kind == .mayBeRemote
            ? .warning("file system", complaint.text, complaint.hint)
            : .fault("file system", complaint.text, complaint.hint)
    }

    /// The free space in the output directory, or in the nearest directory above it that exists.
    private func space() -> Diagnosis {
        var path = OutputPlaces(directory, configuration).current.path
        var space = FreeSpace.bytes(at: path)
        while space == nil {
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                return .warning("space", "the free space is not known", nil)
            }
            path = String(path[..<slash])
            space = FreeSpace.bytes(at: path)
        }
        let (free, minimum) = (space ?? 0, configuration.minFree)
        let words = "\(ByteText.of(free)) free for outputs; min_free is \(ByteText.of(minimum))"
        if free / 2 >= minimum { return .ok("space", words) }
        let hint = "free some space (jobctl prune --files), or lower min_free"
        return free < minimum
            ? .fault("space", "\(words): downloads wait", hint)
            : .warning("space", "\(words): almost full", hint)
    }

    /// The copies of local files; none if there are none.
    private func inputs() -> [Diagnosis] {
        do {
            let copies = try InputFolder(directory).all()
            if copies.isEmpty { return [] }
            let bytes = copies.reduce(0) { $0 + $1.bytes }
            let count = NumberText.of(Int64(copies.count), "local input file")
            return [.ok("inputs", "\(count) in inputs/ (\(ByteText.of(bytes)))")]
        } catch {
            return [.warning("inputs", "inputs/ cannot be read: \(error)", nil)]
        }
    }

    private static func mode(of path: String) -> UInt32? {
        (try? FileStatus(path).mode).map { $0 & 0o7777 }
    }
}
