internal import CommandLineTool
internal import JSON

/// Text that is made harmless for a terminal: nothing that steers it is left, and JSON stays the same JSON.
enum TextPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        let shown = SafeText.escape(text)
        if shown.unicodeScalars.contains(where: steers) { return "\(shown.debugDescription) steers" }
        let json = JSON.string(text)
        let line = SafeText.escapeJSON(json.text)
        if line.unicodeScalars.contains(where: steers) { return "\(line.debugDescription) steers" }
        guard (try? JSON(parsing: line, .strict)) == json else { return "\(line) is not read again" }
        for width in [1, 7, 80] where DisplayWidth.of(DisplayWidth.cut(shown, to: width)) > width {
            return "wider than \(width)"
        }
        return nil
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x206F, 0xFEFF: true
        default: false
        }
    }
}
