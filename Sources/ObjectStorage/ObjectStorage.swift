internal import Calendar
package import HTTP
package import JobModel
package import System

/// Objects in a bucket of S3, or of a service that speaks as it does.
///
/// Every request is signed here. The credentials are read for each, and neither they nor a presigned address
/// are part of a fault's words.
package struct ObjectStorage: Sendable {
    /// The bounds of time and size.
    package struct Limits: Sendable {
        package var connect = Duration.seconds(10)
        /// For an answer, once the request has left.
        package var answer = Duration.seconds(60)
        /// Without a byte in either direction.
        package var silence = Duration.seconds(30)
        /// A file above this size is sent in parts of at least `part` bytes.
        package var whole: Int64 = 64 << 20
        package var part: Int64 = 32 << 20
        /// Tries of one part.
        package var tries = 5

        package init() {}
    }

    package let location: StorageLocation
    let credentials: @Sendable () throws(StorageFault) -> StorageCredentials
    let client: HTTPClient
    let limits: Limits
    /// The wait after so many failures in a row.
    let delay: @Sendable (Int) -> Duration
    /// Whether the storage knows `If-None-Match`: some answer 501.
    let knowsConditions = Locked(true)
    let pool = BlockingPool(width: 2)

    package init(
        _ location: StorageLocation, client: HTTPClient, limits: Limits = Limits(),
        credentials: @escaping @Sendable () throws(StorageFault) -> StorageCredentials,
        delay: @escaping @Sendable (Int) -> Duration = { .milliseconds(250 << min($0, 6)) }
    ) {
        self.location = location
        self.client = client
        self.limits = limits
        self.credentials = credentials
        self.delay = delay
    }

    /// What the storage says of an object. Its ETag is left out: it is no hash of the content.
    package struct Facts: Equatable, Sendable {
        package let bytes: Int64
        /// As whoever wrote the object has noted it.
        package let sha256: String?
        package let mediaType: String?
        /// The request whose output it is, as jobd has noted it.
        package let request: String?
    }

    /// The header with the hash of the content, which the storage keeps with the object.
    static let hashHeader = "x-amz-meta-sha256"
    static let requestHeader = "x-amz-meta-request"

    /// Nil if there is no such object.
    package func facts(of name: ObjectName) async throws(StorageFault) -> Facts? {
        let answer = try await answer(to: Call(.head, name))
        if answer.status == 404 { return nil }
        try check(answer, name)
        guard let bytes = answer.contentLength else {
            throw .unavailable("\(location.place) does not say how long \(name.text) is")
        }
        let headers = answer.headers
        return Facts(
            bytes: bytes, sha256: headers[Self.hashHeader], mediaType: headers["content-type"],
            request: headers[Self.requestHeader])
    }

    /// It is no fault if there is no such object.
    package func remove(_ name: ObjectName) async throws(StorageFault) {
        let answer = try await answer(to: Call(.delete, name))
        if answer.status != 404 || Self.isOfBucket(answer) { try check(answer, name) }
    }

    /// Fetches an object into a file and continues what the file holds. The caller compares the hash.
    package func fetch(_ name: ObjectName, into file: FileDescriptor, limit: Int64)
        async throws(StorageFault) -> (bytes: Int64, sha256: String)
    {
        let start = Locked<Int64>(0)
        let sink = FileSink(file, limit: limit) { head in
            switch head.status {
            case 200: .startOver
            case 206: Self.start(of: head) == start.withLock { $0 } ? .append : .decline
            default: .decline
            }
        }
        let isRead = await pool.run { sink.resume() }
        if !isRead { throw Self.fault(of: sink) }
        start.withLock { $0 = sink.size }
        var call = Call(.get, name)
        if sink.size > 0 { call.headers.append(("range", "bytes=\(sink.size)-")) }
        let request = try request(call)
        do throws(HTTPError) {
            let head = try await client.download(request, into: sink)
            try Self.check(head, sink)
        } catch .sinkFailed(let head) {
            // The file is longer than the object, or the object is empty.
            if head.status == 416, sink.size > 0 {
                try Self.onDisk { () throws(SystemError) in try file.truncate() }
                return try await fetch(name, into: file, limit: limit)
            }
            if sink.failure == .declined { throw StorageFault(head, to: name, at: location.place) }
            throw Self.fault(of: sink)
        } catch {
            throw StorageFault(error, at: location.place)
        }
        let hash = try await pool.run { () throws(StorageFault) in
            try Self.onDisk { () throws(SystemError) in try sink.sha256 }
        }
        return (sink.size, hash)
    }

    /// The objects whose keys begin with `prefix`, such as `location.name("outputs/")`.
    package func list(_ prefix: ObjectName) async throws(StorageFault) -> [(name: ObjectName, bytes: Int64)] {
        var found: [(name: ObjectName, bytes: Int64)] = []
        var token: String?
        repeat {
            var call = Call(.get, ObjectName(bucket: prefix.bucket, key: ""))
            call.query = [("list-type", "2"), ("prefix", prefix.key)]
            if let token { call.query.append(("continuation-token", token)) }
            let page = try await xml(call, "ListBucketResult")
            for block in page.blocks("Contents") {
                guard let key = block.text("Key"), let bytes = block.text("Size").flatMap({ Int64($0) })
                else {
                    throw .unavailable("\(location.place) gave no usable answer to a list")
                }
                found.append((ObjectName(bucket: prefix.bucket, key: key), bytes))
            }
            let next = page.text("IsTruncated") == "true" ? page.text("NextContinuationToken") : nil
            // A storage that does not move on would be asked for ever.
            token = next == token ? nil : next
        } while token != nil
        return found
    }

    /// An address from which anybody may read the object until it expires. It is a secret: it must be neither
    /// logged nor stored.
    package func presignedAddress(
        of name: ObjectName, for validity: Duration, method: String = "GET"
    ) throws(StorageFault) -> String {
        let (url, host, path) = location.address(of: name)
        let signature = RequestSignature(
            credentials: try credentials(), region: location.region, time: .now)
        let request = CanonicalRequest(
            method: method, path: path, headers: [("host", host)], payload: CanonicalRequest.unsignedPayload)
        let query = signature.presignedQuery(of: request, seconds: max(1, validity.components.seconds))
        return "\(url)?\(query)"
    }
}

// MARK: - Requests

extension ObjectStorage {
    /// One request before it is signed.
    struct Call {
        var method: HTTPRequest.Method
        /// An empty key means the bucket.
        var name: ObjectName
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        /// The SHA-256 of the body.
        var payload = CanonicalRequest.noPayload

        init(_ method: HTTPRequest.Method, _ name: ObjectName) { (self.method, self.name) = (method, name) }

        var verb: String {
            switch method {
            case .get: "GET"
            case .head: "HEAD"
            case .delete: "DELETE"
            case .post, .stream: "POST"
            case .put: "PUT"
            }
        }
    }

    /// The whole answer, whatever it says.
    func answer(to call: Call) async throws(StorageFault) -> HTTPResponse {
        let request = try request(call)
        do throws(HTTPError) { return try await client.send(request) } catch {
            throw StorageFault(error, at: location.place)
        }
    }

    /// An answer that must be good.
    @discardableResult
    func good(_ call: Call) async throws(StorageFault) -> HTTPResponse {
        let answer = try await answer(to: call)
        try check(answer, call.name)
        return answer
    }

    /// A good answer's document, which must be this one. Some calls answer 200 and then say that they failed.
    func xml(_ call: Call, _ root: String) async throws(StorageFault) -> StorageXML {
        let answer = try await good(call)
        guard let document = StorageXML(answer.body).block(root) else {
            throw StorageFault(answer, to: call.name, at: location.place)
        }
        return document
    }

    func check(_ answer: HTTPResponse, _ name: ObjectName) throws(StorageFault) {
        guard (200..<300).contains(answer.status) else {
            throw StorageFault(answer, to: name, at: location.place)
        }
    }

    func request(_ call: Call) throws(StorageFault) -> HTTPRequest {
        let (url, host, path) = location.address(of: call.name)
        let credentials = try credentials()
        let signature = RequestSignature(
            credentials: credentials, region: location.region, time: .now)
        var headers = call.headers
        headers += [
            ("host", host), ("x-amz-content-sha256", call.payload), ("x-amz-date", signature.stamp),
        ]
        if let token = credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
        let canonical = CanonicalRequest(
            method: call.verb, path: path, query: call.query, headers: headers, payload: call.payload)
        headers.append(("authorization", signature.authorization(of: canonical)))
        let query = CanonicalRequest.text(of: call.query)
        var request = HTTPRequest(
            url: query.isEmpty ? url : "\(url)?\(query)", method: call.method,
            headers: HTTPHeaders(headers.map { HTTPHeaders.Field(name: $0.name, value: $0.value) }),
            connectTimeout: limits.connect, answerTimeout: limits.answer, maximumBody: 4 << 20)
        switch call.method {
        // After the last byte, the storage still has to write it.
        case .put: (request.answerTimeout, request.silenceTimeout) = (nil, max(limits.answer, limits.silence))
        case .get where call.query.isEmpty:
            (request.answerTimeout, request.silenceTimeout) = (nil, limits.silence)
        // Putting the parts of a large object together takes a while.
        case .post: request.answerTimeout = max(limits.answer, .seconds(300))
        default: break
        }
        return request
    }

    private static func isOfBucket(_ answer: HTTPResponse) -> Bool {
        StorageXML(answer.body).text("Code") == "NoSuchBucket"
    }
}

// MARK: - Bodies in files

extension ObjectStorage {
    /// `bytes 5-9/10`
    private static func start(of head: HTTPResponse) -> Int64? {
        head.headers["content-range"].flatMap { text in
            Int64(text.drop { !$0.isNumber }.prefix { $0.isNumber })
        }
    }

    /// A body that ended before its announced length is no error to libcurl in every case.
    private static func check(_ head: HTTPResponse, _ sink: FileSink) throws(HTTPError) {
        if sink.failure != nil { throw .sinkFailed(head) }
    }

    private static func fault(of sink: FileSink) -> StorageFault {
        switch sink.failure {
        case .diskFull: .changed("the disk is full")
        case .system(let error): .changed("the file cannot be written: \(error)")
        case .tooLarge(let limit): .changed("the object is longer than \(limit) bytes")
        case .declined, nil: .unavailable("the answer could not be used")
        }
    }

    static func onDisk<Result>(_ work: () throws(SystemError) -> Result) throws(StorageFault) -> Result {
        do throws(SystemError) { return try work() } catch {
            throw .changed("the file cannot be read or written: \(error)")
        }
    }
}
