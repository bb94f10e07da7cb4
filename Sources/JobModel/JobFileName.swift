/// The names of files that a job's id decides.
package enum JobFileName {
    /// The id as file names have it: six digits at least.
    package static func digits(of id: Int64) -> String {
        let digits = String(id)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// `000012.json`, the file beside a job's outputs that says how they were made.
    package static func sidecar(of id: Int64) -> String { digits(of: id) + ".json" }

    /// The job of a sidecar's name; nil for any other name.
    package static func job(ofSidecar name: some StringProtocol) -> Int64? {
        let digits = name.utf8.prefix { (0x30...0x39).contains($0) }
        guard digits.count >= 6, name.utf8.dropFirst(digits.count).elementsEqual(".json".utf8) else {
            return nil
        }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}
