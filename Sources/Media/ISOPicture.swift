/// The picture among the items of an AVIF or HEIC file.
struct ISOPicture {
    /// As displayed: cropped and turned.
    private(set) var size: (width: UInt64, height: UInt64)?
    private let file: FileBytes

    init(_ file: FileBytes, _ meta: Range<Int64>) {
        self.file = file
        guard meta.count > 4 else { return }
        var boxes: [Chunk.Name: Range<Int64>] = [:]
        for box in file.chunks(.iso, in: meta.lowerBound + 4..<meta.upperBound) where boxes[box.name] == nil {
            if ["pitm", "iprp"].contains(box.name) { boxes[box.name] = box.contents }
        }
        guard let start = boxes["pitm"]?.lowerBound, let version = file.bigEndian(at: start, 1),
            let primary = file.bigEndian(at: start + 4, version == 0 ? 2 : 4), let properties = boxes["iprp"]
        else { return }
        size = readSize(of: primary, properties)
    }

    private func readSize(of item: UInt64, _ range: Range<Int64>) -> (width: UInt64, height: UInt64)? {
        var properties: Range<Int64>?
        var numbers: [Int] = []
        for box in file.chunks(.iso, in: range) {
            if box.name == "ipco" { properties = box.contents }
            if box.name == "ipma", numbers.isEmpty { numbers = associations(of: item, box.contents) }
        }
        guard let properties, let last = numbers.max() else { return nil }
        var found: [Int: Chunk] = [:]
        for (index, box) in file.chunks(.iso, in: properties).enumerated() {
            if index >= last { break }
            if numbers.contains(index + 1) { found[index + 1] = box }
        }
        return numbers.compactMap { found[$0] }.reduce(nil) { apply($1, to: $0) }
    }

    private func apply(_ property: Chunk, to size: (width: UInt64, height: UInt64)?)
        -> (width: UInt64, height: UInt64)?
    {
        let start = property.contents.lowerBound
        func number(_ index: Int64) -> UInt64? { file.bigEndian(at: start + 4 * index, 4) }
        switch property.name {
        case "ispe":
            guard size == nil, let width = number(1), let height = number(2) else { return size }
            return (width, height)
        case "clap":
            guard size != nil, let width = number(0), let wide = number(1), let height = number(2),
                let high = number(3), wide > 0, high > 0
            else { return size }
            return (width / wide, height / high)
        case "irot":
            guard let size, let angle = file.bigEndian(at: start, 1), angle & 1 == 1 else { return size }
            return (size.height, size.width)
        default: return size
        }
    }

    /// The numbers of an item's properties, from 1, in the order in which they apply.
    private func associations(of item: UInt64, _ range: Range<Int64>) -> [Int] {
        let start = range.lowerBound
        guard let version = file.bigEndian(at: start, 1), let flags = file.bigEndian(at: start + 1, 3),
            let count = file.bigEndian(at: start + 4, 4)
        else { return [] }
        let width = flags & 1 == 1 ? 2 : 1
        let idWidth = version == 0 ? 2 : 4
        var position = start + 8
        for _ in 0..<count {
            guard position < range.upperBound, let id = file.bigEndian(at: position, idWidth),
                let length = file.bigEndian(at: position + Int64(idWidth), 1)
            else { return [] }
            position += Int64(idWidth) + 1
            if id == item {
                return (0..<Int64(length)).compactMap { index in
                    // The highest bit marks a property as essential.
                    file.bigEndian(at: position + index * Int64(width), width).map {
                        Int($0) & (width == 2 ? 0x7FFF : 0x7F)
                    }
                }
            }
            position += Int64(length) * Int64(width)
        }
        return []
    }
}
