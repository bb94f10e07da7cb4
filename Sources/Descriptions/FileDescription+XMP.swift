internal import JSON

/// XMP, as photo software reads it.
extension FileDescription {
    /// By which a file is known as one that jobd wrote and nobody has changed: other programs put their own
    /// name there.
    private static let mark = "x:xmptk=\"jobd\""

    /// Whether the bytes of an `.xmp` file are as jobd wrote them.
    package static func isOurs(_ packet: [UInt8]) -> Bool {
        String(decoding: packet.prefix(500), as: UTF8.self).contains(mark)
    }

    /// The whole packet.
    package var xmp: String { xmp(wholeInput: true) }

    /// - Parameter wholeInput: false for where a packet has at most 64 kB.
    func xmp(wholeInput: Bool) -> String {
        let rating = isPicked ? "\n    xmp:Rating=\"5\"" : ""
        let about = [
            "xmp:CreatorTool": model, "xmp:CreateDate": created, "photoshop:DateCreated": created,
            "Iptc4xmpExt:DigitalSourceType":
                "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            "Iptc4xmpExt:AISystemUsed": model, "jobd:Model": model, "jobd:Job": "\(job)",
            "jobd:Seed": seed, "jobd:Label": label, "jobd:Request": request,
            "jobd:Input": wholeInput ? input?.text : nil,
        ].compactMapValues(\.self).sorted { $0.key < $1.key }
        let attributes = about.map { "\n    \($0.key)=\"\(Self.escaped($0.value))\"" }.joined()
        let words = wholeInput ? prompt : prompt.map { String($0.prefix(5000)) }
        let description = words.map {
            Self.element("dc:description", "rdf:Alt", $0, " xml:lang=\"x-default\"")
        }
        let prompted = words.map { "   <Iptc4xmpExt:AIPromptInformation>\(Self.escaped($0))" }
            .map { $0 + "</Iptc4xmpExt:AIPromptInformation>\n" }
        let tags = label.map {
            Self.element("dc:subject", "rdf:Bag", $0) + Self.element("digiKam:TagsList", "rdf:Seq", $0)
        }
        return """
            <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/" \(Self.mark)>
             <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
              <rdf:Description rdf:about=""
                xmlns:dc="http://purl.org/dc/elements/1.1/"
                xmlns:xmp="http://ns.adobe.com/xap/1.0/"
                xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
                xmlns:digiKam="http://www.digikam.org/ns/1.0/"
                xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
                xmlns:jobd="tag:jobd,2026:xmp/"\(rating)\(attributes)>
            \(description ?? "")\(prompted ?? "")\(tags ?? "")  </rdf:Description>
             </rdf:RDF>
            </x:xmpmeta>
            <?xpacket end="w"?>

            """
    }

    private static func element(
        _ name: String, _ list: String, _ value: String, _ attribute: String = ""
    ) -> String {
        "   <\(name)><\(list)><rdf:li\(attribute)>\(escaped(value))</rdf:li></\(list)></\(name)>\n"
    }

    /// XML has no way to write most control characters.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\r", "\t": escaped += "&#\(scalar.value);"
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
