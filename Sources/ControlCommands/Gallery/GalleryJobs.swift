internal import Catalogue
internal import CommandLineTool
internal import Gallery
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Policy
internal import System

/// Jobs as a gallery shows them.
struct GalleryJobs {
    private let session: Session
    private let store: JobDatabase
    private let places: OutputPlaces
    private let models: ModelCatalogue
    /// Whether only files are shown that a person has picked.
    private let isPicked: Bool
    private let storage: StorageReader
    /// How many files are on record but not on disk.
    private(set) var missing = 0

    init(_ session: Session, _ store: JobDatabase, _ places: OutputPlaces) {
        (self.session, self.store, self.places) = (session, store, places)
        models = session.models(in: store)
        isPicked = session.arguments.has(.picked)
        storage = StorageReader(session: session)
    }

    /// Nil for a completed job whose files are all gone.
    mutating func job(_ job: Job) throws -> GalleryJob? {
        var shown = GalleryJob(
            id: job.id, state: job.state.rawValue, model: job.model, createdAt: Self.time(job.createdAt))
        shown.endedAt = job.endedAt.map(Self.time)
        shown.label = job.label.map(Self.visible)
        shown.error = job.state == .completed ? nil : job.message.map(Self.visible)
        shown.costUSD = job.costUSD ?? job.priceUSD
        shown.isEstimate = job.costUSD == nil
        for output in try store.outputs(of: job.id)
        where output.state == .done && (!isPicked || output.pickedAt != nil) {
            if let file = try file(output) { shown.files.append(file) } else { missing += 1 }
        }
        if job.state == .completed, shown.files.isEmpty { return nil }
        shown.sources = try store.links(of: job.id)
        guard job.inputRemovedAt == nil, let input = try? JSON(parsing: job.input) else { return shown }
        let schema = try models.schema(of: job.model)
        shown.prompt = Schema.prompt(of: input, schema: schema).map(Self.visible)
        shown.input = (input.object?.members ?? []).map { (Self.visible($0.key), Self.text(of: $0.value)) }
        let known = [schema, Schema.builtIn(job.model)].compactMap { $0 }
        shown.command = EnqueueCommand(schemas: known).text(
            model: job.model, input: input, validates: job.validation != .waived)
        return shown
    }

    private func file(_ output: Output) throws -> GalleryFile? {
        guard output.removedAt == nil, let path = output.path, let hash = output.sha256 else { return nil }
        let found = places.file(path)
        // Elsewhere than on this disk, only an object can be had.
        let isHere = output.local == nil && !output.isElsewhere
        guard isHere || output.object != nil, let size = isHere ? found.size : output.bytes else {
            return nil
        }
        var file = GalleryFile(
            jobID: output.jobID, position: output.position, kind: output.kind.rawValue,
            source: isHere ? found.absolutePath : output.object ?? "", bytes: size,
            mediaType: output.mediaType ?? "", sha256: hash)
        file.isElsewhere = !isHere
        file.width = output.width
        file.height = output.height
        file.seconds = output.durationSeconds
        file.isPicked = output.pickedAt != nil
        return file
    }

    /// Adds the jobs that are made from these, and are not among them. Of many, a job only has the oldest.
    func addUsers(to jobs: inout [GalleryJob]) throws {
        let shown = Set(jobs.map(\.id))
        for index in jobs.indices {
            let users = try store.users(of: jobs[index].id, limit: 1000)
            jobs[index].users = users.filter { !shown.contains($0.link.jobID) }
        }
    }

    /// Opens a job's file without following symbolic links; fetches it if it is in object storage.
    func open(_ file: GalleryFile) -> FileDescriptor? {
        guard file.isElsewhere else { return try? places.file(file.source).open() }
        guard let output = try? store.output(file.position, of: file.jobID) else { return nil }
        do throws(Failure) { return try storage.content(of: output) } catch {
            session.note("note: \(error.message)")
            return nil
        }
    }

    /// A value as people read it: text as it is, a list of texts line by line, anything else as JSON.
    private static func text(of value: JSON) -> String {
        let texts = value.array?.compactMap(\.string) ?? []
        let lines = texts.isEmpty || texts.count != value.array?.count ? nil : texts.joined(separator: "\n")
        return visible(value.string ?? lines ?? value.text)
    }

    /// Makes control characters visible, also those that would change the direction of the text.
    private static func visible(_ text: String) -> String { SafeText.escape(text, keepingNewlines: true) }

    /// RFC 3339, which every browser can read.
    private static func time(_ moment: Timestamp) -> String {
        moment.description.replacing(" ", with: "T") + "Z"
    }
}
