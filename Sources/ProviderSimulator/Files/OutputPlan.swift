internal import JSON

/// The outputs that a model makes of an input: how many files of which kind, and how large.
struct OutputPlan {
    enum Kind: String {
        case image, video

        var fileExtension: String { self == .image ? "png" : "mp4" }
        var mediaType: String { self == .image ? "image/png" : "video/mp4" }
    }

    let kind: Kind
    /// The number of files; always one for a video.
    let count: Int
    let width: Int
    let height: Int
    /// The length of a video.
    let seconds: Int
    /// Tells the files of requests apart. The same prompt with the same seed makes the same files.
    private let origin: String

    /// Without a seed in the input, the request's id is the seed, so that two requests make two pictures.
    init(model: String, input: JSON, requestID: String, imageWidth: Int) {
        let prompt = Self.prompt(of: input)
        kind = model.hasSuffix("-to-video") ? .video : .image
        let asked = input["sequential_image_generation_options"]?.integer ?? 3
        count = model.hasSuffix("sequential") ? Int(max(1, min(asked, 15))) : 1
        seconds = Int(max(1, min(input["duration"]?.integer ?? 5, 60)))
        origin = input["seed"]?.integer.map { "\($0) \(hexadecimal(fingerprint(prompt)))" } ?? requestID
        let ratio = Self.pair(input["ratio"]) ?? (16, 9)
        let usual = model.hasSuffix("sequential") ? (16, 9) : (1, 1)
        let size = Self.pair(input["image_size"]) ?? Self.pair(input["resolution"]) ?? usual
        switch kind {
        case .image:
            width = imageWidth
            height = max(1, min(imageWidth * size.1 / size.0, 4 * imageWidth))
        case .video:
            // Sixteen pixels for each part of the ratio, or a multiple of that if it would be tiny.
            let factor = max(1, 9 / min(ratio.0, ratio.1))
            width = 16 * max(2, min(ratio.0 * factor, 32))
            height = 16 * max(2, min(ratio.1 * factor, 32))
        }
    }

    static func prompt(of input: JSON) -> String {
        input["prompt"]?.string ?? input["text"]?.string ?? ""
    }

    /// The bytes of one file; the same each time. Another `variant` is another file of the same name.
    func file(_ index: Int, variant: Int) -> [UInt8] {
        let mark = "\(origin)/\(index)/\(variant)"
        switch kind {
        case .image: return PictureFile.png(width: width, height: height, mark: mark)
        case .video: return VideoFile.mp4(width: width, height: height, seconds: seconds, mark: mark)
        }
    }

    /// The first two whole numbers of a text such as `2560:1440 (16:9)`.
    private static func pair(_ value: JSON?) -> (Int, Int)? {
        let numbers = (value?.string ?? "").split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, numbers.allSatisfy({ $0 > 0 && $0 < 100_000 }) else { return nil }
        return (numbers[0], numbers[1])
    }
}
