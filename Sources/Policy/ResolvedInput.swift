package import JSON
package import JobModel

/// An input whose references are replaced by what they mean: the addresses of outputs.
package struct ResolvedInput: Sendable {
    /// What to send.
    package private(set) var input: JSON
    /// The links, each with the outputs that it became.
    package private(set) var links: [Link]
    /// The outputs that are sent, by what is sent for them.
    package private(set) var outputs: [String: Output] = [:]
    /// Why it cannot be sent, one text for each fault.
    package private(set) var faults: [String] = []

    /// - Parameters:
    ///   - outputs: of each source.
    ///   - address: what is sent for an output.
    package init(
        _ input: JSON, _ links: [Link], outputs made: [Int64: [Output]],
        address: (Output) -> String = { $0.url }
    ) {
        (self.input, self.links) = (input, links)
        var values: [String: [String]] = [:]
        for index in links.indices {
            let link = links[index]
            let chosen = (made[link.sourceID] ?? []).filter { link.part.includes($0) }
            if let fault = link.fault(in: chosen) { faults.append(fault) }
            self.links[index].sent = chosen.map(\.position)
            values[link.path] = chosen.map { output in
                let address = address(output)
                self.outputs[address] = output
                return address
            }
        }
        self.input = input.replacingTexts { path, text in
            guard Reference.isStored(text) else { return nil }
            return values.removeValue(forKey: path)?.map(JSON.string)
        }
        faults += values.keys.sorted().map { "\($0): the reference is no longer there" }
    }
}

extension Reference.Part {
    /// Whether it means this output of its source.
    package func includes(_ output: Output) -> Bool {
        switch self {
        case .position(let number): output.position == number
        case .all: true
        case .pick: output.pickedAt != nil
        }
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
