import Calendar
import HTTP
import JobModel
import Outputs
import Scratch
import System

@testable import Downloader

/// A server, an output directory and a downloader between them.
final class Rig: Sendable {
    let server: FileServer
    let root: String
    let settings: DownloadSettings
    let recorded = Locked<[DownloadedFile]>([])
    let sizes = Locked<[Int64]>([])
    private let scratch = ScratchDirectory()
    var base: String { scratch.path }

    init(
        maximumBytes: Int64 = 1 << 30, hosts: [String] = [], access: FileAccess = .ownerOnly,
        _ answer: @escaping @Sendable (FileServer.Request, Int) -> FileServer.Answer
    ) {
        root = scratch["outputs"]
        server = FileServer(answer)
        settings = DownloadSettings(
            apiURL: server.url, hosts: hosts, maximumBytes: maximumBytes, minimumFree: 0,
            connectTimeout: .seconds(10), silenceTimeout: .seconds(30), access: access)
    }

    /// A server that gives this file, and its ranges.
    convenience init(serving file: [UInt8], access: FileAccess = .ownerOnly) {
        self.init(access: access) { request, _ in .file(file, request) }
    }

    /// A downloader as a new process would make it.
    func downloader(space: SpaceKeeper = SpaceKeeper(), minimumFree: Int64 = 0) throws -> Downloader {
        var settings = settings
        settings.minimumFree = minimumFree
        return Downloader(client: try HTTPClient(userAgent: "test/1"), settings: settings, space: space)
    }

    func fields(id: Int64 = 7, position: Int = 1) -> OutputNameFields {
        OutputNameFields(
            id: id, index: position, created: CalendarTime(milliseconds: 1_767_323_045_000), model: "m/x")
    }

    func order(
        _ path: String = "/a.bin", id: Int64 = 7, position: Int = 1, kind: Output.Kind = .image,
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

    /// The kind of failure that a first try ends with.
    func kindOfFailure(_ order: DownloadOrder? = nil, _ downloader: Downloader? = nil) async throws -> String?
    {
        await failure(try downloader ?? self.downloader(), try order ?? self.order())?.kind
    }

    /// The file that a new process fetches.
    func fetched() async throws -> [UInt8]? { contents(try await downloader().fetch(order()).path) }

    var temporaryPath: String { root + "/2026-01-02/.000007-1.part" }

    func contents(_ path: String) -> [UInt8]? { FileOnDisk.bytes(root + "/" + path) }
}

extension DownloadFailure {
    /// The name of its case.
    var kind: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }
}
