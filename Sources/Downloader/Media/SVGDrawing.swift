/// The size of a drawing, in pixels at 96 to the inch.
enum SVGDrawing {
    /// What its first tag names, else the view box's; nil where the drawing takes whatever room there is.
    static func size(_ attributes: [String: Substring]) -> (width: UInt64, height: UInt64)? {
        let box = attributes["viewbox"]?.split { $0.isWhitespace || $0 == "," }.compactMap { Double($0) }
        guard let width = attributes["width"].flatMap(pixels) ?? box?.dropFirst(2).first,
            let height = attributes["height"].flatMap(pixels) ?? box?.dropFirst(3).first,
            let wide = UInt64(exactly: width.rounded()), let high = UInt64(exactly: height.rounded())
        else { return nil }
        return (wide, high)
    }

    private static let units: [String: Double] = [
        "": 1, "px": 1, "pt": 96 / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4,
    ]

    private static func pixels(_ text: Substring) -> Double? {
        let text = text.filter { !$0.isWhitespace }
        let unit = String(text.drop { !$0.isLetter && $0 != "%" })
        return units[unit].flatMap { scale in Double(text.dropLast(unit.count)).map { $0 * scale } }
    }
}
