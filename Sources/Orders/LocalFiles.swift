package import Catalogue
internal import CommandLineTool
package import Inputs
internal import JSON
package import JobModel
package import JobStore
internal import System

/// What jobd's configuration says about the files that inputs name.
package struct FileRoutes {
    /// Whether local files are sent inside the POST, which limits their size.
    package let isInline: Bool
    /// Whether there is an object storage.
    package let hasStorage: Bool
    /// Puts files there; nil if jobd does it, since it sees the copies in `inputs/`.
    package let upload: Upload?
    /// Whether any machine may send the job.
    private let isShared: Bool

    /// Returns the names of the objects, in the order of the files.
    package typealias Upload = ([InputUpload]) throws -> [ObjectName]

    package init(isInline: Bool, hasStorage: Bool) {
        (self.isInline, self.hasStorage, upload, isShared) = (isInline, hasStorage, nil, false)
    }

    /// For a store that several machines share.
    ///
    /// - Parameter upload: nil if there is no object storage.
    package init(shared upload: Upload?) {
        (isInline, hasStorage, self.upload, isShared) = (false, upload != nil, upload, true)
    }

    /// Throws if no local file can be sent.
    func require() throws(Failure) {
        guard isShared, upload == nil else { return }
        throw Failure(
            .inputRefused,
            "another machine may send the job, and cannot read local files of this one; nothing was enqueued",
            hint: "set storage.url in jobd's configuration; or name the file by an address or as s3://…")
    }
}

/// A file to put into the object storage.
package struct InputUpload {
    package let input: InputFile
    package let mediaType: String
    /// Where another program of this machine can open it.
    package let place: String
}

/// The local files that orders name: each is looked at once, and copied once, when the orders are stored.
package final class LocalFiles {
    private let folder: InputFolder?
    private let findRoutes: () throws -> FileRoutes
    private lazy var foundRoutes = Result { try findRoutes() }
    private var known: [ExactText: LocalFile] = [:]
    /// What the copies are that orders name, by their names or by paths; nil for one that is missing.
    private var contents: [InputFile: FileContent?] = [:]
    /// While orders are stored.
    private var deposit: InputDeposit?
    /// The copies that stored jobs name.
    private var used: Set<InputFile> = []
    /// Of a shared store: the objects that take the place of files, while orders are stored.
    private var objects: [InputFile: ObjectName]?

    /// - Parameters:
    ///   - folder: nil if there is no state directory.
    ///   - routes: asked when the first file is named.
    package init(_ folder: InputFolder?, routes: @escaping () throws -> FileRoutes) {
        (self.folder, findRoutes) = (folder, routes)
    }

    /// The file at a path.
    func file(at path: String) throws -> LocalFile {
        if let file = known[ExactText(path)] { return file }
        let file = try LocalFile(path)
        known[ExactText(path)] = file
        contents[file.input] = file.content
        if deposit != nil {
            try copy(file)
            try sync()
        }
        if objects != nil { try upload() }
        return file
    }

    /// What a file is that an order names by its copy; nil if there is no such copy.
    package func content(of input: InputFile) -> FileContent? {
        if let known = contents[input] { return known }
        let content = folder?.content(of: input)
        contents[input] = content
        return content
    }

    func routes() throws -> FileRoutes { try foundRoutes.get() }

    /// Whether any order has named a local file.
    private var isEmpty: Bool { contents.isEmpty }

    // MARK: - Storing

    /// Copies what was looked at. From here to `end`, no copy is pruned.
    package func begin() throws {
        guard !isEmpty else { return }
        if try routes().upload != nil {
            objects = [:]
            return try upload()
        }
        let deposit = try open()
        for file in known.values { try copy(file) }
        for input in contents.keys where !deposit.holds(input) {
            throw Failure(.inputRefused, "\(input.text) is not in inputs/; nothing was enqueued")
        }
        try sync()
    }

    /// Brings into the object storage what is not there yet.
    private func upload() throws {
        let known = objects ?? [:]
        let due = try contents.compactMap { input, content -> InputUpload? in
            guard known[input] == nil else { return nil }
            guard let content else {
                throw Failure(.inputRefused, "\(input.text) is not in inputs/; nothing was enqueued")
            }
            let place = self.known.values.first { $0.input == input }?.placeForOthers
            guard let place = place ?? folder.map({ "\($0.path)/\(input.name)" }) else {
                throw StoreError.nowhere
            }
            return InputUpload(input: input, mediaType: content.mediaType, place: place)
        }
        guard !due.isEmpty, let upload = try routes().upload else { return }
        for (file, object) in zip(due, try upload(due)) { objects?[file.input] = object }
    }

    /// The order as it is stored: of a shared store, with objects in the place of local files.
    func stored(_ order: Order) throws -> Order {
        guard let objects, !order.localFiles.isEmpty, let object = order.input.object else { return order }
        var order = order
        order.localFiles = []
        order.input = .object(
            JSONObject(
                object.members.map { member in
                    guard order.takesReferences(member.key) else { return member }
                    let value = member.value.replacingTexts("$.\(member.key)") { _, text in
                        InputFile(text).flatMap { objects[$0] }.map { [.string($0.text)] }
                    }
                    return .init(key: member.key, value: value)
                }))
        return order
    }

    func noteUse(of files: [StoredInputFile]) { used.formUnion(files.map(\.file)) }

    /// The orders are stored, or nothing is. Copies that no job needs are removed, unless somebody else adds
    /// copies just now: then `prune --inputs` does it.
    package func end(_ store: JobDatabase?) {
        let unused = (deposit?.made ?? []).subtracting(used)
        deposit = nil
        objects = nil
        guard !unused.isEmpty, let folder, let store, let pruning = try? InputPruning(folder) else { return }
        let copies = unused.map { (file: $0, bytes: Int64(0)) }
        _ = try? store.transaction { try pruning.remove(copies, since: 0, in: store) }
    }

    private var path: String { SafeText.escape(folder?.path ?? "inputs") }

    private func open() throws -> InputDeposit {
        if let deposit { return deposit }
        guard let folder else { throw StoreError.nowhere }
        do throws(SystemError) {
            let deposit = try InputDeposit(folder)
            self.deposit = deposit
            return deposit
        } catch { throw Failure(.inputOutput, "cannot use \(path): \(error); nothing was enqueued") }
    }

    private func copy(_ file: LocalFile) throws {
        let deposit = try open()
        if !deposit.holds(file.input, bytes: file.content.facts.bytes) {
            let source = try file.open()
            do throws(InputDeposit.Fault) { try deposit.add(source, as: file.input) } catch {
                switch error {
                case .reading(let error): throw LocalFile.unreadable(file.path, "\(error)")
                case .changed: throw LocalFile.unreadable(file.path, "it changed while it was read")
                case .writing(let error):
                    throw Failure(
                        .inputOutput, "cannot copy \(SafeText.escape(file.path)) to \(path): \(error)",
                        hint: "nothing was enqueued")
                }
            }
        }
    }

    private func sync() throws {
        do throws(SystemError) { try deposit?.sync() } catch {
            throw Failure(.inputOutput, "cannot sync \(path): \(error); nothing was enqueued")
        }
    }
}

extension Order {
    /// One job of a template, to be checked.
    package init(_ template: Template, _ schema: Schema?) {
        self.init(model: template.model, input: .object(template.input), schema: schema, terms: Terms())
    }

    /// The order with the names of their copies in the place of local files.
    package func naming(_ files: LocalFiles) throws -> Order {
        guard input.hasText(where: InputFile.isMeant), let object = input.object else { return self }
        var order = self
        order.localFiles = []
        order.input = .object(
            JSONObject(
                try object.members.map { member in
                    guard takesReferences(member.key) else { return member }
                    let value = try member.value.replacingTexts("$.\(member.key)") { path, text in
                        try order.name(text, at: path, files).map { [.string($0)] }
                    }
                    return .init(key: member.key, value: value)
                }))
        return order
    }

    /// The text that is stored for a local file; nil if this is none.
    private mutating func name(_ text: String, at path: String, _ files: LocalFiles) throws -> String? {
        if let input = InputFile(text) {
            localFiles.append(.init(path: path, file: input, original: nil))
            return text
        }
        guard let place = InputFile.path(in: text) else { return nil }
        do {
            let file = try files.file(at: place)
            localFiles.append(.init(path: path, file: file.input, original: file.path))
            if let fault = file.fault { fileFaults.append(Violation(path: path, message: fault)) }
            return file.input.text
        } catch let failure as Failure where failure.code == .cannotRead {
            throw Failure(
                .cannotRead, "\(SafeText.escape(path)): \(failure.message)", hint: failure.hint)
        }
    }
}

extension Checker {
    /// Why the local files and the objects of an order cannot be sent, whoever wants it.
    package func fileFaults(_ order: Order) throws -> [Violation] {
        var faults = try order.objects.compactMap { path, text in
            try fault(ofObject: text).map { Violation(path: path, message: $0) }
        }
        guard !order.localFiles.isEmpty else { return faults }
        try files.routes().require()
        let isLimited = try files.routes().isInline
        var sum = Int64(order.input.text.utf8.count)
        for named in order.localFiles {
            guard let bytes = files.content(of: named.file)?.facts.bytes else {
                faults.append(Violation(path: named.path, message: "\(named.file.text) is not in inputs/"))
                continue
            }
            sum += InlineLimits.encodedBytes(of: bytes)
            if isLimited, let fault = InlineLimits.fault(ofFile: bytes) {
                faults.append(Violation(path: named.path, message: fault))
            }
        }
        if faults.isEmpty, isLimited, let fault = InlineLimits.fault(ofPost: sum) {
            faults.append(Violation(path: "$", message: fault))
        }
        return faults
    }

    private func fault(ofObject text: String) throws -> String? {
        if ObjectName.named(by: text) == nil { return "is malformed: \(ObjectName.inputForm)" }
        return try files.routes().hasStorage
            ? nil : "is in an object storage, and none is configured: set storage.url"
    }

    /// What is wrong with an order by its model's schema, and with its files by what they are.
    package func violations(of order: Order) throws -> [Violation] {
        let (input, outputs) = try foreseen(order)
        guard !order.localFiles.isEmpty || !outputs.isEmpty else {
            return order.schema?.violations(in: input, takesReferences: true) ?? []
        }
        guard let check = order.schema?.check(input, takesReferences: true) else { return order.fileFaults }
        return check.violations + order.fileFaults
            + check.files.flatMap { file in
                let content = InputFile(file.url).flatMap(files.content)
                let faults =
                    outputs[file.url].map(file.demand.faults) ?? content.map(file.demand.faults) ?? []
                return faults.map { Violation(path: file.path, message: $0) }
            }
    }
}
