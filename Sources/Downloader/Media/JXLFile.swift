/// JPEG XL in boxes. A bare stream of it names no end.
enum JXLFile: MediaReader {
    static func wholeness(of file: FileBytes) -> Wholeness {
        var boxes = ISOBoxes(file, in: 0..<file.size)
        var hasLastPart = false
        var isOpenEnded = false
        while let box = boxes.next() {
            if box.isCut { return .cut }
            isOpenEnded = box.isOpenEnded
            // The highest bit of a part's number marks the last.
            let first = file.bigEndian(at: box.contents.lowerBound, 1) ?? 0
            hasLastPart = hasLastPart || box.type == "jxlc" || (box.type == "jxlp" && first & 0x80 != 0)
        }
        if isOpenEnded { return .unknown }
        return hasLastPart && boxes.position == file.size ? .whole : .cut
    }
}

/// JPEG 2000, bare or in boxes: its end of codestream stands nowhere else in it.
enum JPEG2000File: MediaReader {
    static func wholeness(of file: FileBytes) -> Wholeness {
        if file.tail(2).elementsEqual([0xFF, 0xD9]) { return .whole }
        if file.bigEndian(at: 0, 1) == 0xFF { return .cut }
        var boxes = ISOBoxes(file, in: 0..<file.size)
        var hasStream = false
        while let box = boxes.next() {
            if box.isCut || (box.type == "jp2c" && box.isOpenEnded) { return .cut }
            hasStream = hasStream || box.type == "jp2c"
        }
        return hasStream && boxes.position == file.size ? .whole : .cut
    }
}
