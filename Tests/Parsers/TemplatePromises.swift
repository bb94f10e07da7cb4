internal import Calendar
internal import Outputs

/// The first line is a template, the others are what its fields hold: whatever they are, the path stays
/// inside.
enum TemplatePromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        func line(_ index: Int) -> String { index < lines.count ? lines[index] : "" }
        let created = WrittenTime(line(5))?.time ?? CalendarTime(milliseconds: 0)
        let fields = OutputNameFields(
            id: Int64(line(6)) ?? 1, index: 1, created: created, model: line(1), label: line(2),
            prompt: lines.dropFirst(3).joined(separator: "\n"), seed: line(4), requestID: line(3))
        // What people give is checked; the fields of a fixed template are not.
        for template in [line(0), "{label}/{model}{prompt}/{seed}{request_id}.{ext}"] {
            guard let name = try? OutputName(parsing: template) else { continue }
            let path = name.path(fields, fileExtension: "png")
            let other = OutputName.alternative(to: path, number: 17, fileExtension: "png")
            for path in [path, other] where !isInside(path) {
                return "\(template) leads to \(path.debugDescription)"
            }
            let folder = name.directory(fields)
            if !folder.isEmpty, !isInside(folder) { return "\(template) lies in \(folder.debugDescription)" }
        }
        return nil
    }

    private static func isInside(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            let text = String(Substring(part))
            return (1...255).contains(part.count) && text != "." && text != ".." && !part.contains(0)
        }
    }
}
