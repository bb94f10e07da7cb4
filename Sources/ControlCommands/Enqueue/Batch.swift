internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Spelling

/// Reads jobs from JSON Lines: all of them become jobs, or none.
struct Batch {
    /// One line's job, and what its price depends on.
    struct Line {
        let job: NewJob
        let input: JSON
        let schema: Schema?
    }

    /// Values for the lines that do not say their own.
    let defaults: NewJob
    let validates: Bool

    private static let keys = ["model", "input", "label", "key", "priority", "not_before", "hold"]

    /// One faulty line says why; a thousand of the same need not.
    private static let mostFaults = 20

    /// Visits each line's job. After a first faulty line it only looks for more of them, and then throws.
    func forEach(_ reader: InputReader, _ draft: inout JobDraft, visit: (Line) throws -> Void) throws {
        var faults: [String] = []
        try lines(reader, &draft) { number, line in
            switch line {
            case .success(let job): if faults.isEmpty { try visit(job) }
            case .failure(let failure): faults.append("line \(number): \(failure.message)")
            }
            return faults.count < Self.mostFaults
        }
        guard faults.isEmpty else {
            let more = faults.count == Self.mostFaults ? "\nand perhaps more" : ""
            throw Failure(.inputRefused, "nothing was enqueued\n" + faults.joined(separator: "\n") + more)
        }
    }

    /// Visits each line with its number: its job, or why it is none. Ends early where `visit` says so.
    func lines(
        _ reader: InputReader, _ draft: inout JobDraft,
        visit: (Int, Result<Line, Failure>) throws -> Bool
    ) throws {
        var number = 0
        while let line = try reader.line() {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            let result: Result<Line, Failure>
            do { result = .success(try read(line, &draft)) } catch let failure as Failure
                where failure.code == .inputRefused || failure.code == .usage
            {
                result = .failure(failure)
            }
            guard try visit(number, result) else { return }
        }
    }

    private func read(_ line: [UInt8], _ draft: inout JobDraft) throws -> Line {
        let object: JSONObject
        do throws(JSONError) {
            guard let parsed = try JSON(parsing: line, .strict).object else {
                throw JSONError(reason: "no JSON object", line: 1, column: 1)
            }
            object = parsed
        } catch {
            throw Failure(.inputRefused, SafeText.escape("malformed JSON: \(error)"))
        }
        for key in object.keys where !Self.keys.contains(key) {
            let near = Suggestion.nearest(to: key, among: Self.keys)
            throw Self.fault("unknown key \"\(key)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
        }
        guard let model = try text("model", object) ?? (defaults.model.isEmpty ? nil : defaults.model) else {
            throw Self.fault("\"model\" is missing")
        }
        guard let input = object["input"], input.object != nil else {
            throw Self.fault("\"input\" must be a JSON object")
        }
        var job = try draft.job(model, input, validates: validates)
        guard job.input.utf8.count <= NewJob.mostInput else {
            throw Self.fault("an input holds at most 16 MiB")
        }
        job.label = try text("label", object) ?? defaults.label
        job.key = try text("key", object)
        if job.key == "" { throw Self.fault("\"key\" is empty") }
        job.priority = defaults.priority
        if let priority = object["priority"], priority != .null {
            guard let number = priority.integer else {
                throw Self.fault("\"priority\" must be a whole number")
            }
            job.priority = number
        }
        job.notBefore =
            try text("not_before", object)
            .map { try Session.moment($0, .fromNow, as: "\"not_before\"") } ?? defaults.notBefore
        job.isHeld = defaults.isHeld
        if let hold = object["hold"], hold != .null {
            guard let flag = hold.bool else { throw Self.fault("\"hold\" must be true or false") }
            job.isHeld = flag
        }
        return Line(job: job, input: input, schema: try draft.schema(of: model))
    }

    private func text(_ key: String, _ object: JSONObject) throws -> String? {
        guard let value = object[key], value != .null else { return nil }
        guard let text = value.string, !text.unicodeScalars.contains("\0") else {
            throw Self.fault("\"\(key)\" must be a text")
        }
        return text
    }

    private static func fault(_ message: String) -> Failure {
        Failure(.inputRefused, SafeText.escape(message))
    }
}
