internal import JSON
internal import System

/// The page: one file with its style, its script and its data. It loads pictures from its own directory, and
/// its policy forbids everything else.
package enum GalleryPage {
    /// How many jobs a browser without scripts shows.
    private static let plainMost = 500

    package static func bytes(title: String, jobs: [GalleryJob]) -> [UInt8] {
        let script = PackageResources.words_js + PackageResources.gallery_js
        let style = PackageResources.gallery_css
        let policy = [
            // To some browsers a page from a file has no origin, so its pictures need `file:`.
            "default-src 'none'", "img-src 'self' file: data:", "media-src 'self' file:",
            "script-src '\(source(of: script))'", "style-src '\(source(of: style))'", "base-uri 'none'",
            "form-action 'none'", "require-trusted-types-for 'script'",
        ]
        var page: [UInt8] = []
        // Every second part of the frame is a placeholder. What replaces it is not searched again.
        for (index, part) in String(decoding: PackageResources.page_html, as: UTF8.self).split(
            separator: "@", omittingEmptySubsequences: false
        ).enumerated() {
            switch index.isMultiple(of: 2) ? "" : part {
            case "policy": page += policy.joined(separator: "; ").utf8
            case "title": page += escape(title).utf8
            case "style": page += style
            case "script": page += script
            case "data": page += data(jobs)
            case "plain": for job in jobs.prefix(plainMost) { page += plain(job).utf8 }
            default: page += part.utf8
            }
        }
        return page
    }

    private static func source(of bytes: [UInt8]) -> String {
        "sha256-" + Base64.text(of: SHA256(bytes).bytes())
    }

    /// JSON that is safe inside a `script` element: no tag or comment begins or ends in it.
    static func data(_ jobs: [GalleryJob]) -> [UInt8] {
        JSON.array(jobs.map(\.json)).text.utf8.reduce(into: []) { text, byte in
            if byte == UInt8(ascii: "<") { text += Array(#"\u003c"#.utf8) } else { text.append(byte) }
        }
    }

    private static func plain(_ job: GalleryJob) -> String {
        let words = escape(job.prompt ?? job.error ?? job.model)
        let links = job.files.map { "<a href=\"\(escape($0.name))\">\(escape($0.kind)) \($0.position)</a>" }
        return "<li>\(job.id): <bdi>\(words)</bdi> \(links.joined(separator: " "))</li>\n"
    }

    /// Text that is safe between tags and in attributes.
    static func escape(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
