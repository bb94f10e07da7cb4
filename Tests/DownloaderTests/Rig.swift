import Glibc
import HTTP
import Outputs
internal import System
import Testing

@testable import Downloader

/// A server, an output directory and a downloader between them.
final class Rig: Sendable {
    let server: FileServer
    let root: String
    let settings: DownloadSettings
    let recorded = Locked<[DownloadedFile]>([])
    let sizes = Locked<[Int64]>([])
    let base: String

    init(
        maximumBytes: Int64 = 1 << 30, hosts: [String] = [], access: FileAccess = .ownerOnly,
        _ answer: @escaping @Sendable (FileServer.Request, Int) -> FileServer.Answer
    ) throws {
        var template = Array("/tmp/jobd-rig-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        base = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        root = base + "/outputs"
        server = FileServer(answer)
        settings = DownloadSettings(
            apiURL: server.url, hosts: hosts, maximumBytes: maximumBytes, minimumFree: 0,
            connectTimeout: .seconds(10), silenceTimeout: .seconds(30), access: access)
    }

    deinit { Self.removeTree(base) }

    /// A downloader as a new process would make it.
    func downloader(space: SpaceKeeper = SpaceKeeper(), minimumFree: Int64 = 0) throws -> Downloader {
        var settings = settings
        settings.minimumFree = minimumFree
        return Downloader(client: try HTTPClient(userAgent: "test/1"), settings: settings, space: space)
    }

    func fields(id: Int64 = 7, position: Int = 1) -> OutputNameFields {
        OutputNameFields(
            id: id, index: position,
            created: LocalTime(year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5), model: "m/x")
    }

    func order(
        _ path: String = "/a.bin", id: Int64 = 7, position: Int = 1, kind: MediaKind = .image,
        template: String = "{date}/{id}-{index}.{ext}", url: String? = nil, expected: Int64? = nil,
        willRename: @escaping @Sendable (DownloadedFile) async throws -> Void = { _ in }
    ) throws -> DownloadOrder {
        let (recorded, sizes) = (recorded, sizes)
        return DownloadOrder(
            url: url ?? server.url + path, kind: kind, expectedBytes: expected, root: root,
            name: try OutputName(parsing: template), fields: fields(id: id, position: position),
            didProgress: { _, total in
                // On a slow machine it is told again.
                if let total { sizes.withLock { if $0.last != total { $0.append(total) } } }
            },
            willRename: { file in
                recorded.withLock { $0.append(file) }
                try await willRename(file)
            })
    }

    func file(_ path: String) -> OutputFile { OutputFile(folder: OutputFolder(path: root), path: path) }

    /// The failure of a download that must fail.
    func failure(_ downloader: Downloader, _ order: DownloadOrder) async -> DownloadFailure? {
        do throws(DownloadFailure) {
            _ = try await downloader.fetch(order)
            return nil
        } catch {
            return error
        }
    }

    var temporaryPath: String { root + "/2026-01-02/.000007-1.part" }

    static func read(_ path: String) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = unsafe Glibc.read(file, &buffer, buffer.count), count > 0 {
            bytes += buffer.prefix(count)
        }
        return bytes
    }

    static func write(_ bytes: [UInt8], _ path: String) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe _ = bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
    }

    func contents(_ path: String) -> [UInt8]? { Self.read(root + "/" + path) }

    /// The names in a directory, hidden ones included.
    static func names(_ path: String) -> Set<String> {
        var names: Set<String> = []
        guard let directory = unsafe opendir(path) else { return [] }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) {
                unsafe Array($0.prefix { $0 != 0 })
            }
            names.insert(String(decoding: name, as: UTF8.self))
        }
        unsafe closedir(directory)
        return names.subtracting([".", ".."])
    }

    private static func removeTree(_ path: String) {
        for name in names(path) {
            if unsafe unlink("\(path)/\(name)") != 0 { removeTree("\(path)/\(name)") }
        }
        unsafe rmdir(path)
    }
}

func mode(_ path: String) -> mode_t? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}
