internal import Catalogue
internal import JSON

/// The first line is an input, the rest a schema that someone gave.
enum SchemaPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let first = bytes.prefix { $0 != 0x0A }
        guard let document = try? JSON(parsing: Array(bytes.dropFirst(first.count + 1))),
            let schema = try? Schema(modelID: "a/b", document: document)
        else { return nil }
        let input = (try? JSON(parsing: Array(first))) ?? .object([:])
        let check = schema.check(input)
        if check.violations != schema.violations(in: input) {
            return "finds something else when it names files"
        }
        for violation in check.violations
        where violation.message.utf8.count > 5000 || violation.path.utf8.count > 5000 {
            return "a violation of \(violation.message.utf8.count) bytes"
        }
        if let line = schema.unchecked.first(where: { $0.utf8.count > 5000 }) {
            return "leaves something unchecked in \(line.utf8.count) bytes"
        }
        let units = Schema.estimatedUnits(for: input, schema: schema, priceUnit: schema.priceUnit)
        if !(units > 0) || !units.isFinite { return "asks for \(units)" }
        _ = Schema.prompt(of: input, schema: schema)
        let words = String(decoding: first, as: UTF8.self).split(separator: " ").map(String.init)
        _ = try? ArgumentReader(schema: schema).read(words)
        return nil
    }
}
