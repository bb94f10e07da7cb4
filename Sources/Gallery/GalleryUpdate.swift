package import System

/// Updates a directory so that it shows these jobs. The page is replaced last, in one step: until then, and
/// after an interruption, the old gallery is complete.
package struct GalleryUpdate {
    package struct Tally: Equatable, Sendable {
        package var files = 0
        package var thumbnails = 0
        package var made = 0
        package var removed = 0
        /// Files that could not be copied.
        package var unreadable: [String] = []
    }

    private let folder: GalleryFolder
    private let copies: Bool
    private let open: (GalleryFile) -> FileDescriptor?
    private let program: String?

    /// - Parameter copies: copy the files instead of linking to them.
    /// - Parameter program: `jobthumb`; nil if there is none.
    /// - Parameter open: opens a job's file; nil if it cannot be read.
    package init(
        _ folder: GalleryFolder, copies: Bool, program: String?,
        open: @escaping (GalleryFile) -> FileDescriptor?
    ) {
        (self.folder, self.copies, self.program, self.open) = (folder, copies, program, open)
    }

    package func run(
        _ jobs: [GalleryJob], title: String, progress: (String) -> Void
    ) throws(GalleryError) -> Tally {
        var jobs = jobs
        var tally = Tally()
        let all = jobs.flatMap(\.files)
        try folder.announce(Set(all.map(\.name) + all.filter(\.wantsThumbnail).map(\.thumbnailName)))
        for job in jobs.indices {
            var added: [GalleryFile] = []
            for file in jobs[job].files {
                if try add(file) { added.append(file) } else { tally.unreadable.append(file.source) }
                tally.files += 1
                if copies || tally.files % 1000 == 0 { progress("\(tally.files) of \(all.count) files") }
            }
            jobs[job].files = added
        }
        tally.files -= tally.unreadable.count
        let (thumbnails, declined) = try makeThumbnails(of: jobs.flatMap(\.files), &tally, progress)
        for job in jobs.indices {
            for file in jobs[job].files.indices {
                jobs[job].files[file].hasThumbnail = thumbnails.contains(jobs[job].files[file].thumbnailName)
            }
        }
        progress("")
        try folder.replace(GalleryFolder.page, with: GalleryPage.bytes(title: title, jobs: jobs))
        let names = thumbnails.union(jobs.flatMap(\.files).map(\.name))
        tally.thumbnails = thumbnails.count
        tally.removed = try folder.settle(on: names, declined: declined)
        return tally
    }

    /// Links or copies a file. False if it cannot be read.
    private func add(_ file: GalleryFile) throws(GalleryError) -> Bool {
        guard copies || file.isElsewhere else {
            try folder.link(file.name, to: file.source)
            return true
        }
        if folder.holds(file) { return true }
        guard let source = open(file) else { return false }
        try folder.make(file.name) { copy throws(GalleryError) in
            try GalleryError.doing("copy", file.source, try source.copy(to: copy))
        }
        return true
    }

    /// Returns which thumbnails exist afterwards, and which cannot be made.
    private func makeThumbnails(
        of files: [GalleryFile], _ tally: inout Tally, _ progress: (String) -> Void
    ) throws(GalleryError) -> (made: Set<String>, declined: Set<String>) {
        let wanted = files.filter(\.wantsThumbnail)
        var declined = folder.marker.declined.intersection(wanted.map(\.thumbnailName))
        var made: Set<String> = []
        var missing: [GalleryFile] = []
        for file in wanted where !declined.contains(file.thumbnailName) {
            // A power cut may leave an empty one.
            if let size = folder.size(of: file.thumbnailName), size > 0 {
                made.insert(file.thumbnailName)
            } else {
                missing.append(file)
            }
        }
        guard let program else { return (made, declined) }
        var count = 0
        // A copy need not be fetched a second time.
        let workers = ThumbnailWorkers(program: program, folder: folder) { folder.copy(of: $0) ?? open($0) }
        try workers.make(missing) { file, isMade in
            count += 1
            progress("\(count) of \(missing.count) thumbnails")
            if isMade == true { made.insert(file.thumbnailName) }
            if isMade == false { declined.insert(file.thumbnailName) }
        }
        tally.made = made.intersection(missing.map(\.thumbnailName)).count
        return (made, declined)
    }
}
