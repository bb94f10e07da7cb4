/// A place in an input. It becomes text only where there is something to report.
enum Place {
    case input
    case property(String)
    case item(String, Int)

    var path: String {
        switch self {
        case .input: "$"
        case .property(let name): "$" + Self.step(name)
        case .item(let name, let index): "$" + Self.step(name) + "[\(index)]"
        }
    }

    private static func step(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        if isPlain, !name.isEmpty, name.utf8.count <= Excerpt.length { return "." + name }
        return "[\(Excerpt.quoted(name, by: "'"))]"
    }
}
