/// A key press, or pasted text.
package enum Key: Equatable, Sendable {
    case character(Character)
    /// A letter with Ctrl.
    case control(Character)
    case enter, escape, backspace, tab, backTab
    case up, down, left, right, pageUp, pageDown, home, end
    /// Pasted text, which is never taken as commands.
    case pasted(String)
}

/// Decodes what a terminal sends into keys, however the reads split it.
package struct KeyDecoder {
    /// Bytes that may be the beginning of a longer key.
    private var pending: [UInt8] = []

    private static let pasteStart = Array("\u{1B}[200~".utf8)
    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    private static let longestPaste = 1 << 16
    private static let longestSequence = 32

    package init() {}

    /// Whether more may follow. After an Esc, only time can tell.
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

    /// Call this if nothing has followed for a while: an Esc was the Esc key, and half a key is dropped.
    package mutating func flush() -> [Key] {
        guard isWaiting else { return [] }
        defer { pending = [] }
        return pending == [0x1B] ? [.escape] : []
    }

    /// The first key, or nil for an unknown one, and its length. Nil as a whole while the key is incomplete.
    private func next() -> (key: Key?, length: Int)? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return escape()
        case 0x0D, 0x0A: return (.enter, 1)
        case 0x09: return (.tab, 1)
        case 0x08, 0x7F: return (.backspace, 1)
        case 1...26: return (.control(Character(Unicode.Scalar(first + 0x60))), 1)
        case 0, 27..<0x20: return (nil, 1)
        case 0x20..<0x7F: return (.character(Character(Unicode.Scalar(first))), 1)
        default: return letter(first)
        }
    }

    private func letter(_ first: UInt8) -> (key: Key?, length: Int)? {
        // The first byte of a UTF-8 sequence begins with a bit for each of its bytes.
        let length = (~first).leadingZeroBitCount
        guard 2...4 ~= length else { return (nil, 1) }
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
        // Alt with a letter is not that letter.
        default: return (nil, 2)
        }
    }

    private func sequence() -> (key: Key?, length: Int)? {
        guard let end = pending.dropFirst(2).firstIndex(where: { !(0x20...0x3F ~= $0) }) else {
            return pending.count > Self.longestSequence ? (nil, pending.count) : nil
        }
        // The function keys of the Linux console send a second bracket.
        if pending[end] == UInt8(ascii: "["), end == 2 { return pending.count > 3 ? (nil, 4) : nil }
        guard 0x40...0x7E ~= pending[end] else { return (nil, end) }
        let number = String(decoding: pending[2..<end].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
        return (Self.key(final: pending[end], number: Int(number)), end + 1)
    }

    private func paste() -> (key: Key?, length: Int)? {
        let text = pending.dropFirst(Self.pasteStart.count)
        if let end = text.firstRange(of: Self.pasteEnd) {
            return (.pasted(String(decoding: text[..<end.lowerBound], as: UTF8.self)), end.upperBound)
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
