/// What is known of a real file; nil is what nobody could find out.
package struct FileFacts: Sendable, Equatable {
    package var bytes: Int64?
    package var width: Int?
    package var height: Int?

    package init(bytes: Int64?, width: Int?, height: Int?) {
        self.bytes = bytes
        self.width = width
        self.height = height
    }

    func value(of measure: FileRule.Measure) -> Double? {
        switch measure {
        // Whether a megabyte is 10^6 or 2^20 bytes is not written anywhere: the larger one refuses less.
        case .megabytes: bytes.map { Double($0) / 0x1p20 }
        case .width: width.map { Double($0) }
        case .height: height.map { Double($0) }
        case .ratio: ratio
        }
    }

    private var ratio: Double? {
        guard let width, let height, height > 0 else { return nil }
        return Double(width) / Double(height)
    }

    /// The measure in words that a refusal starts with.
    func phrase(for measure: FileRule.Measure) -> String {
        switch measure {
        case .megabytes: "has \(bytes ?? 0) bytes"
        case .width: "is \(width ?? 0) pixels wide"
        case .height: "is \(height ?? 0) pixels high"
        case .ratio: "has a width/height of \(width ?? 0)/\(height ?? 0)"
        }
    }
}
