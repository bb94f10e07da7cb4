/// A text that is compared by its bytes, as SQL, the service and other readers of JSON do.
///
/// In Swift's `==`, two spellings of one letter are equal: "é", and "e" followed by an accent.
package struct ExactText: Hashable, Comparable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Whether both are the same bytes.
    package func isExactly(_ other: String) -> Bool {
        // Swift's own comparison is fast, and what it calls different has different bytes.
        guard utf8.count == other.utf8.count, self == other else { return false }
        let answer = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in left.elementsEqual(right) }
        }
        // Every text that this program makes is stored in one piece.
        return (answer ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

extension Sequence<String> {
    package func containsExactly(_ text: String) -> Bool { contains { $0.isExactly(text) } }
}

extension UInt8 {
    package var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    package var isASCIILetterOrDigit: Bool {
        isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) && self < 0x80
    }
}
