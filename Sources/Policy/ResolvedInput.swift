package import JSON
package import JobModel

/// An input whose references, local files and objects are replaced by what is sent for them.
package struct ResolvedInput: Sendable {
    /// A file that the input names.
    package enum File: Sendable {
        case output(Output)
        case local(InputFile)
        case object(ObjectName)

        /// What stands for it as long as it is not known what is sent: an address, or the stored text.
        package var address: String {
            switch self {
            case .output(let output): output.url
            case .local(let file): file.text
            case .object(let name): name.text
            }
        }
    }

    /// What to send.
    package private(set) var input: JSON
    /// The links, each with the outputs that it became.
    package private(set) var links: [Link]
    /// The files that are sent, in the order of the input. One may be there several times.
    package private(set) var files: [File] = []
    /// Why it cannot be sent, one text for each fault.
    package private(set) var faults: [String] = []

    /// - Parameters:
    ///   - outputs: of each source.
    ///   - takesFiles: whether a text at a path may stand for a file.
    ///   - value: what is sent for a file.
    package init(
        _ input: JSON, _ links: [Link], outputs made: [Int64: [Output]],
        takesFiles: (String) throws -> Bool = { _ in true },
        value: (File) -> JSON = { .string($0.address) }
    ) rethrows {
        (self.input, self.links) = (input, links)
        var chosen: [String: [Output]] = [:]
        for index in links.indices {
            let link = links[index]
            let outputs = (made[link.sourceID] ?? []).filter { link.part.includes($0) }
            if let fault = link.fault(in: outputs) { faults.append(fault) }
            self.links[index].sent = outputs.map(\.position)
            chosen[link.path] = outputs
        }
        var files: [File] = []
        self.input = try input.replacingTexts { path, text in
            var found: [File]?
            if let file = InputFile(text), try takesFiles(path) {
                found = [.local(file)]
            } else if let name = ObjectName.named(by: text), try takesFiles(path) {
                found = [.object(name)]
            } else if Reference.isStored(text) {
                found = chosen.removeValue(forKey: path)?.map(File.output)
            }
            files += found ?? []
            return found?.map(value)
        }
        self.files = files
        faults += chosen.keys.sorted().map { "\($0): the reference is no longer there" }
    }
}

extension Link {
    /// Why it cannot become these outputs.
    fileprivate func fault(in chosen: [Output]) -> String? {
        if chosen.isEmpty { return "\(path): job \(sourceID) has no output \(part.word)" }
        if isInList || chosen.count == 1 { return nil }
        return "\(path): takes one file, and \(reference.text) is \(chosen.count)"
    }

    package var reference: Reference { Reference(sourceID, part) }
}
