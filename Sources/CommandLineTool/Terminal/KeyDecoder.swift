/// Makes keys of what a terminal sends, however its reads cut it.
package struct KeyDecoder {
    /// What may be the beginning of a longer key.
    private var pending: [UInt8] = []

    private static let pasteStart = Array("\u{1B}[200~".utf8)
    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    private static let longestPaste = 1 << 16
    private static let longestSequence = 32

    package init() {}

    /// Of an Esc nobody can know at once whether more belongs to it.
    package var isWaiting: Bool { !pending.isEmpty && !pending.starts(with: Self.pasteStart) }

    package mutating func take(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let (key, length) = next() {
            pending.removeFirst(length)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// Nothing more came for a while: an Esc was an Esc, and half of something else is nothing.
    package mutating func flush() -> [Key] {
        guard isWaiting else { return [] }
        defer { pending = [] }
        return pending == [0x1B] ? [.escape] : []
    }

    /// The key at the front, nil for one that means nothing here, and its length; nil while it is not whole.
    private func next() -> (key: Key?, length: Int)? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return escape()
        case 0x0D, 0x0A: return (.enter, 1)
        case 0x09: return (.tab, 1)
        case 0x08, 0x7F: return (.backspace, 1)
        case 0: return (nil, 1)
        case 1...26: return (.control(Character(Unicode.Scalar(first + 0x60))), 1)
        case 27..<0x20: return (nil, 1)
        case 0x20..<0x7F: return (.character(Character(Unicode.Scalar(first))), 1)
        default: return letter(first)
        }
    }

    private func letter(_ first: UInt8) -> (key: Key?, length: Int)? {
        let length: Int
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: return (nil, 1)
        }
        let bytes = pending.prefix(length)
        guard bytes.dropFirst().allSatisfy({ 0x80...0xBF ~= $0 }) else { return (nil, 1) }
        guard bytes.count == length else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self), let character = text.first else {
            return (nil, 1)
        }
        return (.character(character), length)
    }

    private func escape() -> (key: Key?, length: Int)? {
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case 0x1B: return (.escape, 1)
        case UInt8(ascii: "["): return pending.starts(with: Self.pasteStart) ? paste() : sequence()
        case UInt8(ascii: "O"):
            guard pending.count > 2 else { return nil }
            let isKeypad = pending[2] == UInt8(ascii: "M")
            return (isKeypad ? .enter : Self.key(final: pending[2], number: nil), 3)
        // A letter with Alt is not that letter.
        default: return (nil, 2)
        }
    }

    private func sequence() -> (key: Key?, length: Int)? {
        guard let end = pending.dropFirst(2).firstIndex(where: { !(0x20...0x3F ~= $0) }) else {
            return pending.count > Self.longestSequence ? (nil, pending.count) : nil
        }
        // The Linux console's function keys have a second bracket.
        if pending[end] == UInt8(ascii: "["), end == 2 { return pending.count > 3 ? (nil, 4) : nil }
        guard 0x40...0x7E ~= pending[end] else { return (nil, end) }
        let number = String(decoding: pending[2..<end].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
        return (Self.key(final: pending[end], number: Int(number)), end + 1)
    }

    private func paste() -> (key: Key?, length: Int)? {
        let start = Self.pasteStart.count
        var end = start
        while end + Self.pasteEnd.count <= pending.count {
            if pending[end...].starts(with: Self.pasteEnd) {
                let text = String(decoding: pending[start..<end], as: UTF8.self)
                return (.pasted(text), end + Self.pasteEnd.count)
            }
            end += 1
        }
        return pending.count > Self.longestPaste ? (nil, pending.count) : nil
    }

    private static func key(final: UInt8, number: Int?) -> Key? {
        switch (final, number) {
        case (UInt8(ascii: "A"), _): .up
        case (UInt8(ascii: "B"), _): .down
        case (UInt8(ascii: "C"), _): .right
        case (UInt8(ascii: "D"), _): .left
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), 1), (UInt8(ascii: "~"), 7): .home
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), 4), (UInt8(ascii: "~"), 8): .end
        case (UInt8(ascii: "~"), 5): .pageUp
        case (UInt8(ascii: "~"), 6): .pageDown
        case (UInt8(ascii: "Z"), _): .backTab
        default: nil
        }
    }
}
