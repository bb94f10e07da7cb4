/// What the bytes of a file are, as far as a look at the first of them tells.
enum MediaContent {
    case media(MediaFormat)
    case svg(TextContent)
    case html(isXML: Bool)
    case json, text, binary

    init(_ file: FileBytes) {
        if let format = MediaFormat.of(file) {
            self = .media(format)
            return
        }
        guard let text = TextContent(file.head(4096)) else {
            self = .binary
            return
        }
        self =
            text.isHTML
            ? .html(isXML: text.isXML) : text.isSVG ? .svg(text) : text.isJSONObject ? .json : .text
    }
}
