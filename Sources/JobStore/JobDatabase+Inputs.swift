internal import JSON
package import JobModel
internal import SQL

/// A local file in the input of a stored job: a row of `input_files`.
package struct StoredInputFile: Equatable, Sendable {
    /// Where in the input, as `JSON.replacingTexts` says it.
    package let path: String
    package let file: InputFile
    /// The path that the person gave; nil if it is not known.
    package let original: String?

    package init(path: String, file: InputFile, original: String?) {
        (self.path, self.file, self.original) = (path, file, original)
    }
}

/// The local files that jobs are made from.
extension JobDatabase {
    /// Notes where the local files of a new job come from, and which objects it names; inside the caller's
    /// transaction. A copy that was given by its name keeps the path that is known of it.
    package func note(
        _ files: [StoredInputFile], objects: [(path: String, text: String)] = [], of job: Int64
    ) throws {
        for object in objects {
            try run(
                "INSERT INTO input_files (job_id, path, name) VALUES (?1, ?2, ?3)", job, object.path,
                object.text)
        }
        for file in files {
            let original = try file.original ?? originalPath(of: file.file)
            try run(
                "INSERT INTO input_files (job_id, path, name, original) VALUES (?1, ?2, ?3, ?4)", job,
                file.path, file.file.name, original)
        }
    }

    /// The local files in the input of a job, in its order.
    package func inputFiles(of job: Job) throws -> [StoredInputFile] {
        guard InputFile.mayOccur(in: job.input) else { return [] }
        let known = try all("SELECT path, name, original FROM input_files WHERE job_id = ?1", job.id) {
            ($0.text(0), $0.text(1), $0.optionalText(2))
        }
        return try InputFile.all(in: job.input).map { path, file in
            let row = known.first { $0.0 == path && $0.1 == file.name }
            return StoredInputFile(
                path: path, file: file, original: try row?.2 ?? originalPath(of: file))
        }
    }

    /// The path from which a copy was made last, as far as it is known.
    package func originalPath(of file: InputFile) throws -> String? {
        try first(
            """
            SELECT original FROM input_files
            WHERE name = ?1 AND original IS NOT NULL ORDER BY job_id DESC LIMIT 1
            """, file.name
        ) { $0.optionalText(0) } ?? nil
    }

    /// The copies that inputs name, of the jobs after `first`, and the last job on record.
    package func neededInputs(after first: Int64 = 0) throws -> (files: Set<InputFile>, last: Int64) {
        var needed: Set<InputFile> = []
        let last = try forEachJobWithFiles(after: first) { _, files in needed.formUnion(files) }
        return (needed, last)
    }

    /// Visits the jobs after `first` whose inputs name local files. Returns the last job on record.
    @discardableResult
    package func forEachJobWithFiles(
        after first: Int64 = 0, _ visit: (Int64, [InputFile]) throws -> Void
    ) throws -> Int64 {
        let last = try self.first("SELECT coalesce(max(id), 0) FROM jobs") { $0.integer(0) } ?? 0
        var place = first
        while true {
            // An input may have megabytes, so that few are read at once.
            let jobs = try all(
                """
                SELECT id, input FROM jobs
                WHERE id > ?1 AND id <= ?2 AND instr(input, '"file:') > 0 ORDER BY id LIMIT 50
                """, place, last
            ) { (id: $0.integer(0), files: InputFile.all(in: $0.text(1)).map(\.file)) }
            guard let end = jobs.last?.id else { return last }
            for job in jobs where !job.files.isEmpty { try visit(job.id, job.files) }
            place = end
        }
    }
}

extension InputFile {
    /// The local files that an input names, each with its place.
    fileprivate static func all(in input: String) -> [(path: String, file: InputFile)] {
        guard let input = try? JSON(parsing: input) else { return [] }
        var found: [(String, InputFile)] = []
        _ = input.replacingTexts { path, text in
            if let file = InputFile(text) { found.append((path, file)) }
            return nil
        }
        return found
    }
}
