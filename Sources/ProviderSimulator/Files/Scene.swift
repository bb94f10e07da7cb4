/// What a prompt and a seed look like: colours, shapes, the prompt's first letters and the picture's number.
struct Scene {
    private static let gradientSteps = 192
    private static let shapeColors = 8
    private static let black: UInt8 = 254
    private static let white: UInt8 = 255

    private let initials: String
    private let background: Canvas
    private let ball: (x: Double, y: Double, color: UInt8)

    init(prompt: String, seed: UInt64, index: Int, width: Int, height: Int) {
        var random = SplitMix(seed: fingerprint(prompt) ^ seed &* 31 ^ UInt64(index) << 48)
        initials = Self.initials(of: prompt)
        var canvas = Canvas(width: width, height: height, palette: Self.palette(&random))
        canvas.gradient(steps: Self.gradientSteps, slope: 0.2 + 0.6 * random.fraction())
        let unit = min(width, height)
        for _ in 0..<5 + Int(random.next() % 4) {
            let x = Int(random.fraction() * Double(width))
            let y = Int(random.fraction() * Double(height))
            let size = unit / 10 + Int(random.fraction() * Double(unit) / 5)
            let color = UInt8(Self.gradientSteps + Int(random.next() % UInt64(Self.shapeColors)))
            switch random.next() % 3 {
            case 0: canvas.disc(x: x, y: y, radius: size, color: color)
            case 1:
                canvas.rectangle(x: x - size, y: y - size / 2, width: 2 * size, height: size, color: color)
            default: canvas.triangle(x: x, y: y - size, size: 2 * size, color: color)
            }
        }
        ball = (random.fraction(), random.fraction(), Self.white)
        background = canvas
    }

    /// The picture with `number` in its corner.
    func picture(number: Int) -> Canvas {
        var canvas = background
        sign(&canvas, number: String(number))
        return canvas
    }

    /// One picture of a film: a ball that bounces, and the running second.
    func frame(at second: Double) -> Canvas {
        var canvas = background
        let radius = min(canvas.width, canvas.height) / 8
        canvas.disc(
            x: radius + Int(Self.bounce(ball.x + second * 0.31) * Double(canvas.width - 2 * radius)),
            y: radius + Int(Self.bounce(ball.y + second * 0.47) * Double(canvas.height - 2 * radius)),
            radius: radius, color: ball.color)
        sign(&canvas, number: String(Int(second)))
        return canvas
    }

    private func sign(_ canvas: inout Canvas, number: String) {
        let unit = min(canvas.width, canvas.height)
        let large = max(2, unit / 32)
        let small = max(1, unit / 96)
        let width = number.count * (Glyph.width + 1) * large + large
        let height = (Glyph.height + 2) * large
        canvas.rectangle(x: 0, y: 0, width: width, height: height, color: Self.white)
        canvas.text(number, x: large, y: large, scale: large, color: Self.black)
        let top = canvas.height - (Glyph.height + 2) * small
        let signature = initials.count * (Glyph.width + 1) * small + small
        canvas.rectangle(x: 0, y: top, width: signature, height: canvas.height - top, color: Self.black)
        canvas.text(initials, x: small, y: top + small, scale: small, color: Self.white)
    }

    /// A value that runs from 0 to 1 and back.
    private static func bounce(_ value: Double) -> Double {
        let turn = value.truncatingRemainder(dividingBy: 2)
        return turn < 1 ? turn : 2 - turn
    }

    /// The first letters of the first words, as far as the font can write them.
    private static func initials(of prompt: String) -> String {
        let words = prompt.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return String(words.prefix(8).compactMap(\.first))
    }

    private static func palette(_ random: inout SplitMix) -> [Canvas.Color] {
        let hue = random.fraction()
        let other = hue + 0.15 + 0.35 * random.fraction()
        let first = Canvas.Color(hue: hue, saturation: 0.75, brightness: 0.9)
        let second = Canvas.Color(hue: other, saturation: 0.8, brightness: 0.45)
        var palette = (0..<gradientSteps).map {
            Canvas.Color(from: first, to: second, share: Double($0) / Double(gradientSteps))
        }
        for _ in 0..<shapeColors {
            palette.append(Canvas.Color(hue: random.fraction(), saturation: 0.55, brightness: 1))
        }
        let nothing = Canvas.Color(hue: 0, saturation: 0, brightness: 0)
        palette += Array(repeating: nothing, count: 256 - palette.count)
        palette[Int(white)] = Canvas.Color(hue: 0, saturation: 0, brightness: 1)
        return palette
    }
}
