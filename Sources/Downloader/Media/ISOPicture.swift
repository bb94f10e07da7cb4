/// The items of an AVIF or HEIC file, and which of them is the picture.
struct ISOPicture {
    /// As shown: cut to its clean aperture and turned.
    private(set) var size: (width: UInt64, height: UInt64)?
    /// Where the last item that lies in the file itself ends; nil where that is not said.
    private(set) var end: UInt64?

    private let file: FileBytes

    init(_ file: FileBytes, _ meta: Range<Int64>) {
        self.file = file
        guard meta.count > 4 else { return }
        var boxes: [String: Range<Int64>] = [:]
        for box in ISOBoxes(file, in: meta.lowerBound + 4..<meta.upperBound) where boxes[box.type] == nil {
            if ["pitm", "iprp", "iloc"].contains(box.type) { boxes[box.type] = box.contents }
        }
        if let place = boxes["pitm"]?.lowerBound, let version = file.bigEndian(at: place, 1),
            let primary = file.bigEndian(at: place + 4, version == 0 ? 2 : 4), let properties = boxes["iprp"]
        {
            size = readSize(of: primary, properties)
        }
        if let items = boxes["iloc"] { end = readEnd(items) }
    }

    private func readSize(of item: UInt64, _ range: Range<Int64>) -> (width: UInt64, height: UInt64)? {
        var properties: Range<Int64>?
        var numbers: [Int] = []
        for box in ISOBoxes(file, in: range) {
            if box.type == "ipco" { properties = box.contents }
            if box.type == "ipma", numbers.isEmpty { numbers = associations(of: item, box.contents) }
        }
        guard let properties, let last = numbers.max() else { return nil }
        var found: [Int: ISOBox] = [:]
        for (index, box) in ISOBoxes(file, in: properties).enumerated() {
            if index >= last { break }
            if numbers.contains(index + 1) { found[index + 1] = box }
        }
        return numbers.compactMap { found[$0] }.reduce(nil) { apply($1, to: $0) }
    }

    private func apply(_ property: ISOBox, to size: (width: UInt64, height: UInt64)?)
        -> (width: UInt64, height: UInt64)?
    {
        let start = property.contents.lowerBound
        func number(_ index: Int64) -> UInt64? { file.bigEndian(at: start + 4 * index, 4) }
        switch property.type {
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

    /// The numbers of an item's properties, from 1, in their order.
    private func associations(of item: UInt64, _ range: Range<Int64>) -> [Int] {
        let start = range.lowerBound
        guard let version = file.bigEndian(at: start, 1), let flags = file.bigEndian(at: start + 1, 3),
            let count = file.bigEndian(at: start + 4, 4)
        else { return [] }
        let width = flags & 1 == 1 ? 2 : 1
        let idWidth = version == 0 ? 2 : 4
        var place = start + 8
        for _ in 0..<count {
            guard place < range.upperBound, let id = file.bigEndian(at: place, idWidth),
                let length = file.bigEndian(at: place + Int64(idWidth), 1)
            else { return [] }
            place += Int64(idWidth) + 1
            if id == item {
                return (0..<Int64(length)).compactMap { index in
                    // The highest bit says that it must be understood.
                    file.bigEndian(at: place + index * Int64(width), width).map {
                        Int($0) & (width == 2 ? 0x7FFF : 0x7F)
                    }
                }
            }
            place += Int64(length) * Int64(width)
        }
        return []
    }

    private func readEnd(_ range: Range<Int64>) -> UInt64? {
        var place = range.lowerBound
        func take(_ count: UInt64) -> UInt64? {
            if count == 0 { return 0 }
            guard count <= 8, place < range.upperBound, let value = file.bigEndian(at: place, Int(count))
            else {
                return nil
            }
            place += Int64(count)
            return value
        }
        guard let head = take(4), let widths = take(2), let items = take(head >> 24 < 2 ? 2 : 4) else {
            return nil
        }
        let version = head >> 24
        let (offset, length, base) = (widths >> 12, widths >> 8 & 0xF, widths >> 4 & 0xF)
        let index = version == 0 ? 0 : widths & 0xF
        // Without a length an item is the file's rest, or all of it.
        if length == 0 { return nil }
        var end: UInt64 = 0
        for _ in 0..<items {
            guard take(version < 2 ? 2 : 4) != nil, let method = version == 0 ? 0 : take(2), take(2) != nil,
                let start = take(base), let extents = take(2)
            else { return nil }
            for _ in 0..<extents {
                guard take(index) != nil, let from = take(offset), let bytes = take(length) else {
                    return nil
                }
                // What lies in another box of the items is there with it.
                if method & 0xF == 0 { end = max(end, start.addingClamped(from).addingClamped(bytes)) }
            }
        }
        return end
    }
}

extension UInt64 {
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, isTooMuch) = addingReportingOverflow(other)
        return isTooMuch ? .max : sum
    }
}
