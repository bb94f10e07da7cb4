/// Header fields in their order. The case of names does not matter.
package struct HTTPHeaders: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Field: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var fields: [Field]

    package init(_ fields: [Field] = []) { self.fields = fields }

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value under a name.
    package subscript(name: String) -> String? { fields.first { Self.equal($0.name, name) }?.value }

    package func values(of name: String) -> [String] {
        fields.lazy.filter { Self.equal($0.name, name) }.map(\.value)
    }

    private static func equal(_ one: String, _ other: String) -> Bool {
        let (one, other) = (one.utf8.span, other.utf8.span)
        return one.count == other.count
            && one.indices.allSatisfy { one[$0].asciiLowercase == other[$0].asciiLowercase }
    }
}

extension UInt8 {
    /// A capital of ASCII as its small letter; any other byte as it is.
    package var asciiLowercase: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
