internal import Glibc
internal import HTTP
internal import JSON
internal import System

/// A download's temporary file, and beside it a note of what proves which file it is the beginning of.
///
/// The note is trusted only if it is whole, of the same address and of the same boot of the machine: after a
/// power cut, nobody knows which of the bytes have reached the disk, and the download starts over. It is made
/// where there is much to lose: small files are here before that, and a second file for each costs as much as
/// the first.
final class PartialFile: @unchecked Sendable {
    let directory: OutputDirectory
    let name: TemporaryName
    let descriptor: Int32
    /// How long the file was when it was opened.
    let length: Int64
    private let url: String
    private let access: FileAccess
    /// Nil where there is no note on disk.
    private var noteDescriptor: Int32?
    private var noteIsEmpty = true
    /// What the bytes are the beginning of; nil where there are none.
    private(set) var proof: FileProof?
    /// The hash of the last answer that ended as it should, and of which nobody can tell whether it is the
    /// whole file. It is of what came, and not of the bytes on disk: it outlives them, another address and
    /// another boot.
    private(set) var doubted: String?

    init(_ order: DownloadOrder, _ access: FileAccess, _ open: OpenDirectories) throws(DownloadFailure) {
        let relative = order.name.directory(order.fields)
        directory = try open.open(relative, below: order.root, making: access)
        name = TemporaryName(id: order.fields.id, position: order.fields.index)
        url = order.url
        self.access = access
        // Most are new: whether one is there is asked by making it.
        if let new = try directory.createIfFree(name.part, access) {
            (descriptor, length) = (new, 0)
        } else {
            let own = try directory.openOwn(name.part, access)
            descriptor = if let own { own } else { try directory.create(name.part, access) }
            length = Int64(lseek(descriptor, 0, SEEK_END))
        }
        do throws(DownloadFailure) {
            noteDescriptor = try directory.openOwn(name.note, access)
        } catch {
            close(descriptor)
            throw error
        }
        proof = readNote()
        if proof == nil, !noteIsEmpty || length != 0 { try startOver() }
    }

    deinit {
        close(descriptor)
        if let noteDescriptor { close(noteDescriptor) }
    }

    /// Drops what has come. The note goes first: a crash in between must not leave it beside other bytes.
    func startOver() throws(DownloadFailure) {
        try forget()
        if ftruncate(descriptor, 0) != 0 { throw .system(errno, "empty \(name.part)") }
    }

    func forget() throws(DownloadFailure) {
        proof = nil
        guard let noteDescriptor, !noteIsEmpty else { return }
        if ftruncate(noteDescriptor, 0) != 0 { throw .system(errno, "empty \(name.note)") }
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

    /// What the bytes from here on belong to.
    func begin(_ proof: FileProof) { self.proof = proof }

    /// Writes down what the bytes belong to, where that is not done. A note that cannot be written is none:
    /// the worst that follows is a start from the beginning.
    func keepNote() {
        guard noteIsEmpty, proof != nil || doubted != nil else { return }
        if noteDescriptor == nil { noteDescriptor = try? directory.create(name.note, access) }
        guard let noteDescriptor else { return }
        noteIsEmpty = false
        let members = [
            JSONObject.Member(key: "boot", value: .string(Self.boot)),
            JSONObject.Member(key: "url_sha256", value: .string(address)),
            JSONObject.Member(key: "doubted_sha256", value: .optional(doubted)),
        ]
        let bytes = Array(JSON.object(JSONObject(members + (proof?.members ?? []))).text.utf8)
        unsafe _ = bytes.withUnsafeBytes { unsafe pwrite(noteDescriptor, $0.baseAddress, $0.count, 0) }
    }

    /// Removes both files.
    func remove() throws(DownloadFailure) {
        try directory.remove(name.part)
        try removeNote()
    }

    /// There is no more to be said of the bytes: they have their final name, or are gone.
    func removeNote() throws(DownloadFailure) {
        proof = nil
        if noteDescriptor != nil { try directory.remove(name.note) }
    }

    /// What is known of the content beside itself.
    func hint(_ order: DownloadOrder) -> ContentHint {
        ContentHint(kind: order.kind, declaredType: proof?.contentType, url: order.url)
    }

    private var address: String { SHA256.hexadecimal(of: Array(url.utf8)) }

    private func readNote() -> FileProof? {
        guard let noteDescriptor else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(noteDescriptor, $0.baseAddress, $0.count, 0)
        }
        noteIsEmpty = count == 0
        guard count > 0, let note = try? JSON(parsing: Array(bytes.prefix(count))) else { return nil }
        doubted = note["doubted_sha256"]?.string
        guard note["boot"]?.string == Self.boot, note["url_sha256"]?.string == address else { return nil }
        return FileProof(note)
    }

    /// Names the time since the machine was started. Where the kernel does not tell, only this process knows
    /// its own notes again.
    private static let boot: String = {
        let file = unsafe Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        let text = bytes.prefix(max(0, count)).prefix { $0 > 0x20 }
        return text.isEmpty
            ? "process-\(UInt64.random(in: 0 ... .max))" : String(decoding: text, as: UTF8.self)
    }()
}
