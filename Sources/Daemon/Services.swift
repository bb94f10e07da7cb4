internal import CommandLineTool
internal import Configuration
internal import Downloader
internal import HTTP
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore
internal import ObjectStorage
internal import Outputs
internal import Policy
internal import Provider
internal import Startup
internal import System
internal import Worker

/// Builds what the worker needs, at the start and at each reload.
struct Services: Sendable {
    let directory: StateDirectory
    let log: LogWriter
    let calls: HTTPClient
    let transfers: HTTPClient
    let space = SpaceKeeper()
    let troubles = Troubles()
    /// This jobd's right to work on a store that several share.
    let lease: Lease?
    private let credentials: CredentialSource

    init(
        _ directory: StateDirectory, _ configuration: Configuration, _ environment: [String: String],
        _ log: LogWriter
    ) throws {
        self.directory = directory
        lease = directory.sharedStore.map { _ in
            Lease(
                .init(
                    stateDirectory: directory.path, longestPost: configuration.longestPost,
                    settings: configuration.sharedJSON.text))
        }
        credentials = CredentialSource(environment: environment)
        self.log = log
        // Calls and files use separate connections, so that large files do not delay small answers.
        // Status checks that hang leave some for POSTs.
        let callLimit = LookSlots.mostAtOnce + 64
        calls = try HTTPClient(
            userAgent: "jobd/\(Release.version)", maximumConnections: callLimit,
            maximumConnectionsPerHost: callLimit)
        transfers = try HTTPClient(
            userAgent: "jobd/\(Release.version)",
            maximumConnections: configuration.parallelDownloads + 8,
            maximumConnectionsPerHost: configuration.parallelDownloads + 8)
    }

    func context(_ configuration: Configuration, token: TokenSource.Token?) throws(Failure) -> WorkerContext {
        let name: OutputName
        do throws(OutputNameError) { name = try OutputName(parsing: configuration.outputName) } catch {
            throw Failure(.configuration, "output_name: \(error)")
        }
        let settings = DownloadSettings(
            apiURL: configuration.apiURL, hosts: configuration.downloadHosts,
            maximumBytes: configuration.maxBytes, minimumFree: configuration.minFree,
            connectTimeout: configuration.connectTimeout,
            silenceTimeout: configuration.silenceTimeout, access: directory.fileAccess(shared: .groupReadable)
        )
        let secret = token?.secret
        let client = RunComfyClient(
            http: calls, baseURL: configuration.apiURL, connectTimeout: configuration.connectTimeout,
            answerTimeout: configuration.answerTimeout, token: { secret })
        let log = log
        return WorkerContext(
            configuration: configuration, client: client,
            downloader: Downloader(client: transfers, settings: settings, space: space), outputName: name,
            outputs: OutputPlaces(directory, configuration), inputs: InputFolder(directory),
            storage: storage(configuration), hasToken: token != nil, troubles: troubles,
            log: Log { log.write($0, $1) })
    }

    /// Tells those that share the store by which settings this jobd goes now.
    func tell(_ configuration: Configuration, to store: JobStore) async {
        lease?.change(longestPost: configuration.longestPost, settings: configuration.sharedJSON.text)
        do { try await store.write { try $0.tellSettings() } } catch {
            log.write(.warning, "the new settings are not in the store yet: \(error)")
        }
    }

    /// Nil if none is configured.
    func storage(_ configuration: Configuration) -> ObjectStorage? {
        ObjectStorage(configuration, transfers, credentials)
    }

    /// Returns when both transfer threads have gone through their loops once more.
    func answer() async {
        await calls.answer()
        await transfers.answer()
    }

    func shutdown() async {
        await calls.shutdown()
        await transfers.shutdown()
    }
}

extension Configuration {
    /// How long a POST may be on the wire.
    var longestPost: Duration { connectTimeout + answerTimeout }
}

extension ObjectStorage {
    /// As configured; nil if no storage is.
    init?(_ configuration: Configuration, _ client: HTTPClient, _ credentials: CredentialSource) {
        let settings = configuration.storage
        guard let root = settings.url.flatMap(ObjectName.init) else { return nil }
        var limits = Limits()
        limits.connect = configuration.connectTimeout
        limits.answer = configuration.answerTimeout
        limits.silence = configuration.silenceTimeout
        let retry = RetryPolicy(shortest: configuration.retryMin, longest: configuration.retryMax)
        self.init(
            StorageLocation(
                root: root, endpoint: settings.endpoint, region: settings.region,
                usesPathStyle: settings.usesPathStyle), client: client, limits: limits,
            credentials: { () throws(StorageFault) in try credentials.find() },
            delay: { retry.delay(after: $0, chance: .random(in: 0..<1), asked: nil) })
    }
}
