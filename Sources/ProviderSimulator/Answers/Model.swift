/// A model in the simulator's catalogue, and what it costs.
struct Model {
    let id: String
    let name: String
    let category: String
    let price: Double
    /// `output` or `second`.
    let unit: String

    /// The kind of all of them; the service also has `workflow` and `inference`.
    static let kind = "model"

    static let all = [
        Model(
            id: "bytedance/seedream-4-0/sequential", name: "Seedream 4.0 Sequential",
            category: "text-to-image", price: 0.03, unit: "output"),
        Model(
            id: "bytedance/seedream-4-0/edit-sequential", name: "Seedream 4.0 Edit Sequential",
            category: "image-to-image", price: 0.03, unit: "output"),
        Model(
            id: "bytedance/seedream-4-0/edit", name: "Seedream 4.0 Edit",
            category: "image-to-image", price: 0.03, unit: "output"),
        Model(
            id: "bytedance/seedance-v1.5-pro/image-to-video", name: "Seedance 1.5 Pro",
            category: "image-to-video", price: 0.02, unit: "second"),
    ]

    static func named(_ id: String) -> Model? { all.first { $0.id == id } }

    /// The price of what was asked for, whatever comes of it. An unknown model costs as much as a picture.
    static func price(of plan: OutputPlan, model id: String) -> Double {
        let model = named(id)
        let units = model?.unit == "second" ? plan.seconds : plan.count
        return ((model?.price ?? 0.03) * Double(units)).inMicrodollars
    }

    /// Whether it is two or more parts between slashes, of the characters that ids are made of.
    static func isWellFormed(_ id: String) -> Bool {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count >= 2 && id.utf8.count <= 200
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
            }
    }
}

extension Double {
    /// Money as the service counts it, without the noise of binary fractions.
    var inMicrodollars: Double { (self * 1e6).rounded() / 1e6 }
}
