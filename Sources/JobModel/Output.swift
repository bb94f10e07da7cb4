/// One file that a job produced: a row of `outputs`.
package struct Output: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case pending, done, failed
    }

    /// What it is to the person who asked for it.
    package enum Kind: String, CaseIterable, Sendable {
        case image, video, audio, file
    }

    package let jobID: Int64
    /// From 1, in the order of the answer.
    package let position: Int64
    package var kind: Kind
    package var url: String
    /// Relative to the output directory if the file is there, else absolute.
    package var path: String?
    package var bytes: Int64?
    package var sha256: String?
    package var mediaType: String?
    package var width: Int64?
    package var height: Int64?
    package var durationSeconds: Double?
    package var state = State.pending
    package var downloadedAt: Timestamp?
    /// How many tries got a bad answer for this output itself.
    package var attempts: Int64 = 0
    /// How many bytes have arrived, as last recorded.
    package var fetched: Int64 = 0
    /// When the file was pruned.
    package var removedAt: Timestamp?
    /// When a person picked it.
    package var pickedAt: Timestamp?

    /// Its name in object storage, once the storage has proven the content.
    package var object: String?
    /// Nil if its file is on this machine.
    package var local: Local?

    /// The machine that has the file; nil if only one can have it.
    package var host: String?
    /// Whether that is another machine than this one.
    package var isOfOtherHost = false

    /// What becomes of a file whose object has taken its place.
    package enum Local: String, CaseIterable, Sendable {
        case leaving, gone
    }

    /// Whether its file should exist on this machine.
    package var hasFile: Bool { isKept && local == nil && !isOfOtherHost }
    /// Whether its file should exist on another machine.
    package var isElsewhere: Bool { isKept && local != .gone && isOfOtherHost }
    /// Whether its content should exist, here or in object storage.
    package var isKept: Bool { state == .done && removedAt == nil }

    package init(jobID: Int64, position: Int64, kind: Kind, url: String) {
        self.jobID = jobID
        self.position = position
        self.kind = kind
        self.url = url
    }
}

/// File names made from a job's id.
package enum JobFileName {
    /// The id as in file names, with at least six digits.
    package static func digits(of id: Int64) -> String {
        let digits = String(id)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// `000012.json`, the file beside a job's outputs that says how they were made.
    package static func sidecar(of id: Int64) -> String { digits(of: id) + ".json" }

    /// The job whose sidecar has this name; nil for any other name.
    package static func job(ofSidecar name: some StringProtocol) -> Int64? {
        let digits = name.utf8.prefix { (0x30...0x39).contains($0) }
        guard digits.count >= 6, name.utf8.dropFirst(digits.count).elementsEqual(".json".utf8) else {
            return nil
        }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}
