internal import HTTP
internal import JSON
internal import Media
internal import Outputs
internal import System

/// A download's temporary file, with a note beside it that proves which file it is the beginning of.
///
/// The note is trusted only if it is complete, for the same address, and from the same boot of the machine:
/// after a power cut nobody knows which bytes have reached the disk, so the download starts over. It is only
/// written if there is much to lose: for a small file, a second file would cost as much as the first.
final class PartialFile: @unchecked Sendable {
    let directory: OutputDirectory
    let name: TemporaryName
    let file: FileDescriptor
    /// The length of the file when it was opened.
    let length: Int64
    private let url: String
    private let access: FileAccess
    /// Nil if there is no note on disk.
    private var noteFile: FileDescriptor?
    private var noteIsEmpty = true
    /// What the bytes are the beginning of; nil if there are none.
    private(set) var proof: FileProof?
    /// The hash of the last answer that ended properly but may not be the whole file. It describes the
    /// answer, not the bytes on disk, so it stays valid without them, for another address and after a boot.
    private(set) var doubted: String?

    init(_ order: DownloadOrder, _ access: FileAccess, _ open: OpenDirectories) throws(DownloadFailure) {
        let relative = order.name.directory(order.fields)
        directory = try open.open(relative, below: order.root, making: access)
        name = TemporaryName(id: order.fields.id, position: order.fields.index)
        url = order.url
        self.access = access
        // Most are new, so creating it is tried first.
        if let new = try directory.createIfFree(name.part, access) {
            (file, length) = (new, 0)
        } else {
            let own = try directory.openOwn(name.part, access)
            let file = if let own { own } else { try directory.create(name.part, access) }
            let status = try DownloadFailure.doing("look at \(name.part)", try file.status())
            (self.file, length) = (file, status.size)
        }
        noteFile = try directory.openOwn(name.note, access)
        proof = readNote()
        if proof == nil, !noteIsEmpty || length != 0 { try startOver() }
    }

    /// Drops all bytes. The note goes first: a crash in between must not leave it beside other bytes.
    func startOver() throws(DownloadFailure) {
        try forget()
        try DownloadFailure.doing("empty \(name.part)", try file.truncate())
    }

    func forget() throws(DownloadFailure) {
        proof = nil
        guard let noteFile, !noteIsEmpty else { return }
        try DownloadFailure.doing("empty \(name.note)", try noteFile.truncate())
        noteIsEmpty = true
    }

    /// Remembers an answer that may be the whole file: if the next one is the same, it is.
    func doubt(_ hash: String) throws(DownloadFailure) {
        doubted = hash
        let proof = proof
        // The note may have been written before.
        try forget()
        self.proof = proof
        keepNote()
    }

    /// Sets what the bytes from here on belong to.
    func begin(_ proof: FileProof) { self.proof = proof }

    /// Writes the note if that is not done yet. If that fails, the worst consequence is that a download
    /// starts from the beginning.
    func keepNote() {
        guard noteIsEmpty, proof != nil || doubted != nil else { return }
        if noteFile == nil { noteFile = try? directory.create(name.note, access) }
        guard let noteFile else { return }
        noteIsEmpty = false
        let members = [
            JSONObject.Member(key: "boot", value: .string(Self.boot)),
            JSONObject.Member(key: "url_sha256", value: .string(address)),
            JSONObject.Member(key: "doubted_sha256", value: .optional(doubted)),
        ]
        let bytes = Array(JSON.object(JSONObject(members + (proof?.members ?? []))).text.utf8)
        try? noteFile.write(bytes, at: 0)
    }

    /// Removes both files.
    func remove() throws(DownloadFailure) {
        try directory.remove(name.part)
        try removeNote()
    }

    /// For bytes that have their final name, or are gone.
    func removeNote() throws(DownloadFailure) {
        proof = nil
        if noteFile != nil { try directory.remove(name.note) }
    }

    /// What is known about the content from elsewhere.
    func hint(_ order: DownloadOrder) -> ContentHint {
        ContentHint(kind: order.kind, declaredType: proof?.contentType, url: order.url)
    }

    private var address: String { SHA256.hexadecimal(of: Array(url.utf8)) }

    private func readNote() -> FileProof? {
        guard let noteFile else { return nil }
        let bytes = try? noteFile.read(4096, at: 0)
        noteIsEmpty = bytes?.isEmpty == true
        guard let bytes, let note = try? JSON(parsing: bytes) else { return nil }
        doubted = note["doubted_sha256"]?.string
        guard note["boot"]?.string == Self.boot, note["url_sha256"]?.string == address else { return nil }
        return FileProof(note)
    }

    /// Identifies this boot of the machine. If the kernel gives no id, a process accepts only its own notes.
    private static let boot: String = {
        let bytes = try? FileDescriptor(opening: "/proc/sys/kernel/random/boot_id").read(64)
        let text = (bytes ?? []).prefix { $0 > 0x20 }
        return text.isEmpty
            ? "process-\(UInt64.random(in: 0 ... .max))" : String(decoding: text, as: UTF8.self)
    }()
}
