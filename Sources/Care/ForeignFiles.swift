internal import JobModel
package import JobStore
package import Outputs
internal import System

/// A file in the folders of outputs that belongs to no job.
package struct ForeignFile: Sendable {
    package enum Origin: String, CaseIterable, Sendable {
        /// `verify --repair` has set it aside.
        case damaged
        /// It stayed when its job's row was pruned or deleted.
        case left
        /// A download has left it, and its job has ended.
        case temporary
        /// As far as the record says, jobd did not make it.
        case unknown

        package var words: String {
            switch self {
            case .damaged: "a damaged file that was set aside"
            case .left: "its job was pruned"
            case .temporary: "left by a download"
            case .unknown: ""
            }
        }
    }

    package let file: OutputFile
    package let origin: Origin
    package let bytes: Int64
}

/// The files of no job, and how those of them are removed that jobd made.
package struct ForeignFiles: Sendable {
    private let places: OutputPlaces

    package init(_ places: OutputPlaces) { self.places = places }

    /// Visits all of them.
    package func forEach(in store: JobDatabase, _ visit: (ForeignFile) throws -> Void) throws {
        for folder in places.folders {
            try folder.forEachFile { file in
                guard let origin = try store.foreignOrigin(of: file, in: places) else { return }
                try visit(ForeignFile(file: file, origin: origin, bytes: file.size ?? 0))
            }
        }
    }

    /// Removes one that jobd made. Returns why it is kept, or nil if it is gone.
    ///
    /// A file that somebody has changed since its job was pruned is theirs by now.
    package func remove(_ foreign: ForeignFile, in store: JobDatabase) throws -> String? {
        let path = places.recorded(foreign.file)
        // It may have become a job's own meanwhile.
        guard try store.foreignOrigin(of: foreign.file, in: places) == foreign.origin,
            foreign.origin != .unknown
        else { return "\(path) is not what it was; it is kept" }
        if let left = try store.leftFile(at: places.paths(of: foreign.file)),
            case .changed(let how)? = foreign.file.fault(bytes: left.bytes, sha256: left.sha256)
        {
            return "\(path) was changed after its job was pruned (\(how)); it is kept"
        }
        do throws(SystemError) { _ = try foreign.file.remove() } catch {
            return "\(path) cannot be removed: \(error)"
        }
        return nil
    }

    /// Forgets the left files that are gone, in a transaction of the caller's. A sidecar is known by the
    /// record of the files beside it.
    package func forgetRemoved(in store: JobDatabase) throws {
        for (path, job) in try store.leftFiles() {
            // One outside of output_dir may be on a disk that is not mounted now.
            let file = places.file(path)
            if file.isOutside || file.size != nil || file.sidecar(of: job).size != nil
                || file.xmp.size != nil
            {
                continue
            }
            try store.forgetLeft(path)
        }
    }
}

extension OutputPlaces {
    /// A path below outputs/ may be recorded in either form, because output_dir may be inside it.
    fileprivate func paths(of file: OutputFile) -> [String] { [recorded(file), file.absolutePath] }
}

extension JobDatabase {
    /// Where a file comes from that belongs to no job; nil if it belongs to one, as an output, a sidecar or a
    /// download under way.
    package func foreignOrigin(of file: OutputFile, in places: OutputPlaces) throws -> ForeignFile.Origin? {
        let paths = places.paths(of: file)
        if try paths.contains(where: { try isOnRecord(path: $0) }) { return nil }
        if let id = JobFileName.job(ofSidecar: file.name) {
            if try find(id) != nil { return nil }
            let folders = paths.map { PathParts($0).directory }
            return try folders.contains { try hasLeftFiles(of: id, in: $0) } ? .left : .unknown
        }
        if let described = file.described.map(places.paths) {
            if try described.contains(where: { try isOnRecord(path: $0) }) { return nil }
            // What another program has written or changed is not ours.
            if try described.contains(where: { try wasOnRecord(path: $0) }) {
                return file.holdsOurDescription ? .left : .unknown
            }
        }
        if let id = TemporaryName.job(of: file.name) {
            // Another jobd may use the same output_dir, and have a job of the same number.
            guard places.isOwn(file), let job = try find(id) else { return .unknown }
            // A retry continues a download that was given up.
            return !job.state.hasEnded || job.failureKind == .download ? nil : .temporary
        }
        if try leftFile(at: paths) != nil { return .left }
        let originals = file.original.map { places.paths(of: $0) } ?? []
        return try originals.contains { try wasOnRecord(path: $0) } ? .damaged : .unknown
    }
}
