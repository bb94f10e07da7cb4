/// A picture of at most 256 colours, and the few strokes that scenes are drawn with.
struct Canvas {
    struct Color: Equatable {
        var red: UInt8
        var green: UInt8
        var blue: UInt8

        /// `hue` is a turn of the colour wheel, 0 to 1; so are saturation and brightness.
        init(hue: Double, saturation: Double, brightness: Double) {
            let channel = { (offset: Double) -> UInt8 in
                let turn = (offset + hue * 6).truncatingRemainder(dividingBy: 6)
                let share = max(0, min(turn, 4 - turn, 1))
                return UInt8((brightness - brightness * saturation * share) * 255)
            }
            red = channel(5)
            green = channel(3)
            blue = channel(1)
        }

        init(from first: Color, to second: Color, share: Double) {
            let mix = { (from: UInt8, to: UInt8) in
                UInt8(Double(from) + (Double(to) - Double(from)) * share)
            }
            red = mix(first.red, second.red)
            green = mix(first.green, second.green)
            blue = mix(first.blue, second.blue)
        }
    }

    let width: Int
    let height: Int
    var palette: [Color]
    /// One index into the palette a pixel, row after row.
    private(set) var pixels: [UInt8]

    init(width: Int, height: Int, palette: [Color]) {
        self.width = width
        self.height = height
        self.palette = palette
        pixels = Array(repeating: 0, count: width * height)
    }

    /// Covers everything with the first `steps` colours of the palette, from the top left on.
    mutating func gradient(steps: Int, slope: Double) {
        let alongX = Int(65536 * Double(steps - 1) * slope / Double(max(1, width - 1)))
        let alongY = Int(65536 * Double(steps - 1) * (1 - slope) / Double(max(1, height - 1)))
        var pixel = 0
        for y in 0..<height {
            var value = y * alongY
            for _ in 0..<width {
                pixels[pixel] = UInt8(truncatingIfNeeded: value >> 16)
                value += alongX
                pixel += 1
            }
        }
    }

    mutating func rectangle(x: Int, y: Int, width: Int, height: Int, color: UInt8) {
        let columns = max(0, x)..<max(0, x, min(self.width, x + width))
        let rows = max(0, y)..<max(0, y, min(self.height, y + height))
        guard columns.lowerBound < self.width else { return }
        for row in rows where row < self.height {
            for column in columns { pixels[row * self.width + column] = color }
        }
    }

    mutating func disc(x: Int, y: Int, radius: Int, color: UInt8) {
        for row in -radius...radius {
            let half = Int(Double(radius * radius - row * row).squareRoot())
            rectangle(x: x - half, y: y + row, width: 2 * half + 1, height: 1, color: color)
        }
    }

    /// A triangle that stands on its base.
    mutating func triangle(x: Int, y: Int, size: Int, color: UInt8) {
        for row in 0..<max(1, size) {
            rectangle(x: x - row / 2, y: y + row, width: row + 1, height: 1, color: color)
        }
    }

    /// Writes letters and digits; every dot of the font becomes a square of `scale` pixels.
    mutating func text(_ text: String, x: Int, y: Int, scale: Int, color: UInt8) {
        var left = x
        for character in text.uppercased() {
            for (column, dots) in Glyph.columns(of: character).enumerated() {
                for row in 0..<Glyph.height where dots >> UInt8(row) & 1 == 1 {
                    rectangle(
                        x: left + column * scale, y: y + row * scale, width: scale, height: scale,
                        color: color)
                }
            }
            left += (Glyph.width + 1) * scale
        }
    }
}
