internal import HTTP
internal import System

/// An object storage in memory, as S3 answers, with the faults that a test orders. It checks the hash that
/// each body was announced with, and the id of the key; signatures are for the real servers to check.
package final class StorageServer: Sendable {
    package struct Object: Equatable, Sendable {
        package var bytes: [UInt8]
        package var headers: [String: String] = [:]

        package init(_ bytes: [UInt8], headers: [String: String] = [:]) {
            (self.bytes, self.headers) = (bytes, headers)
        }
    }

    /// What happens to a request instead of its answer.
    package enum Fault: Sendable {
        case answer(String)
        /// The connection ends before an answer: the request was not carried out.
        case cut
        /// The connection ends before an answer, although the request was carried out.
        case deaf
    }

    private struct State {
        var objects: [String: Object] = [:]
        var uploads: [String: (key: String, headers: [String: String], parts: [Int: [UInt8]])] = [:]
        var count = 0
        var keyID = "key"
        var fault: @Sendable (_ line: String, _ number: Int) -> Fault? = { _, _ in nil }
    }

    private let state: Locked<State>
    private let server: ScriptedServer

    package static let bucket = "bucket"

    package var url: String { server.url }
    package var requests: [ScriptedServer.Request] { server.requests }
    /// By key.
    package var objects: [String: Object] { state.withLock { $0.objects } }
    /// The keys of uploads that are neither complete nor aborted.
    package var openUploads: [String] { state.withLock { $0.uploads.values.map(\.key).sorted() } }

    package var port: UInt16 { server.port }

    /// - Parameter port: a free one, unless it is given.
    package init(port: UInt16 = 0) {
        let state = Locked(State())
        self.state = state
        server = ScriptedServer(port: port, keepsBodies: false) { peer in
            while let request = peer.receive() {
                let line = request.line
                let (order, number, keyID) = state.withLock { state in
                    state.count += 1
                    return (state.fault, state.count, state.keyID)
                }
                let fault = order(line, number)
                if case .cut = fault { return peer.reset() }
                if case .answer(let text) = fault {
                    peer.send(text)
                    continue
                }
                let answer = state.withLock { Self.answer(to: request, keyID, &$0) }
                if case .deaf = fault { return peer.reset() }
                peer.send(answer)
            }
        }
    }

    /// Orders faults by the request's first line and its number.
    package func order(_ fault: @escaping @Sendable (_ line: String, _ number: Int) -> Fault?) {
        state.withLock { $0.fault = fault }
    }

    package func put(_ key: String, _ object: Object) { state.withLock { $0.objects[key] = object } }
    /// An upload in parts that nobody has ended.
    package func begin(_ key: String) { state.withLock { $0.uploads["left-\(key)"] = (key, [:], [:]) } }
    package func remove(_ key: String) { state.withLock { $0.objects[key] = nil } }
    /// From now on, only this key is good.
    package func accept(keyID: String) { state.withLock { $0.keyID = keyID } }

    package static func error(_ code: String, _ status: String, headers: String = "") -> String {
        ScriptedServer.answer(
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>no &amp; no</Message></Error>",
            status: status, headers: headers)
    }

    // MARK: - What it answers

    private static func answer(to request: ScriptedServer.Request, _ keyID: String, _ state: inout State)
        -> [UInt8]
    {
        let words = request.line.split(separator: " ")
        let parts = words[1].split(separator: "?", maxSplits: 1)
        let path = decoded(parts[0]).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true)
        let query = parts.count > 1 ? String(parts[1]) : ""
        guard path.first.map(String.init) == bucket else {
            return text(error("NoSuchBucket", "404 Not Found"))
        }
        let signed = query.contains("X-Amz-Signature=") ? query : request.headers["authorization"] ?? ""
        guard signed.contains("\(keyID)/") || signed.contains("\(keyID)%2F") else {
            return text(error("InvalidAccessKeyId", "403 Forbidden"))
        }
        if let hash = request.headers["x-amz-content-sha256"]?.filter({ $0 != " " }),
            hash != SHA256.hexadecimal(of: request.bytes)
        {
            return text(error("XAmzContentSHA256Mismatch", "400 Bad Request"))
        }
        let key = path.count > 1 ? String(path[1]) : ""
        if key.isEmpty { return text(list(query, state)) }
        switch words[0] {
        case "PUT": return text(put(request, key, query, &state))
        case "POST": return text(post(request, key, query, &state))
        case "DELETE":
            if let id = value("uploadId", query) { state.uploads[id] = nil } else { state.objects[key] = nil }
            return text(ScriptedServer.answer("", status: "204 No Content"))
        default: return get(request, state.objects[key], hasBody: words[0] == "GET")
        }
    }

    private static func get(_ request: ScriptedServer.Request, _ object: Object?, hasBody: Bool) -> [UInt8] {
        guard let object else {
            return text(hasBody ? error("NoSuchKey", "404 Not Found") : "HTTP/1.1 404 Not Found\r\n\r\n")
        }
        var body = object.bytes[...]
        var status = "200 OK"
        var headers = object.headers.map { "\($0): \($1)\r\n" }.joined()
        if let range = request.headers["range"], let start = Int(range.filter(\.isNumber)) {
            if start >= body.count { return text(error("InvalidRange", "416 Range Not Satisfiable")) }
            headers += "Content-Range: bytes \(start)-\(body.count - 1)/\(body.count)\r\n"
            body = body.dropFirst(start)
            status = "206 Partial Content"
        }
        let head =
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.count)\r\nETag: \"not-a-hash\"\r\n\(headers)\r\n"
        return text(head) + (hasBody ? body : [])
    }

    private static func put(
        _ request: ScriptedServer.Request, _ key: String, _ query: String, _ state: inout State
    ) -> String {
        if let id = value("uploadId", query), let number = value("partNumber", query).flatMap({ Int($0) }) {
            if state.uploads[id] == nil { return error("NoSuchUpload", "404 Not Found") }
            state.uploads[id]?.parts[number] = request.bytes
            return ScriptedServer.answer("", headers: "ETag: \"tag-\(number)\"\r\n")
        }
        if request.headers["if-none-match"] != nil, state.objects[key] != nil {
            return error("PreconditionFailed", "412 Precondition Failed")
        }
        state.objects[key] = Object(request.bytes, headers: kept(request.headers))
        return ScriptedServer.answer("", headers: "ETag: \"not-a-hash\"\r\n")
    }

    private static func post(
        _ request: ScriptedServer.Request, _ key: String, _ query: String, _ state: inout State
    ) -> String {
        guard let id = value("uploadId", query) else {
            let id = "upload-\(state.count)"
            state.uploads[id] = (key, kept(request.headers), [:])
            return ScriptedServer.answer(
                "<InitiateMultipartUploadResult><Key>\(key)</Key><UploadId>\(id)</UploadId>"
                    + "</InitiateMultipartUploadResult>")
        }
        guard let upload = state.uploads[id] else { return error("NoSuchUpload", "404 Not Found") }
        let tags = StorageTags.read(request.body)
        guard tags == upload.parts.keys.sorted().map({ "\"tag-\($0)\"" }) else {
            return error("InvalidPart", "400 Bad Request")
        }
        state.uploads[id] = nil
        let bytes = upload.parts.sorted { $0.key < $1.key }.flatMap(\.value)
        state.objects[key] = Object(bytes, headers: upload.headers)
        return ScriptedServer.answer(
            " <CompleteMultipartUploadResult><ETag>\"x-2\"</ETag></CompleteMultipartUploadResult>")
    }

    /// Two entries a page, so that pages are asked for.
    private static func list(_ query: String, _ state: State) -> String {
        let prefix = value("prefix", query) ?? ""
        if query.contains("uploads=") {
            let uploads = state.uploads.filter { $1.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
            let blocks = uploads.map {
                "<Upload><Key>\($0.value.key)</Key><UploadId>\($0.key)</UploadId>"
                    + "<Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>"
            }
            return ScriptedServer.answer(
                "<ListMultipartUploadsResult>\(blocks.joined())<IsTruncated>false</IsTruncated>"
                    + "</ListMultipartUploadsResult>")
        }
        let keys = state.objects.keys.filter { $0.hasPrefix(prefix) }.sorted()
        let after = value("continuation-token", query) ?? ""
        let page = keys.filter { $0 > after }.prefix(2)
        let isLast = page.last == keys.last
        let blocks = page.map {
            "<Contents><Key>\($0)</Key><Size>\(state.objects[$0]?.bytes.count ?? 0)</Size></Contents>"
        }
        let next = isLast ? "" : "<NextContinuationToken>\(page.last ?? "")</NextContinuationToken>"
        return ScriptedServer.answer(
            "<ListBucketResult>\(blocks.joined())<IsTruncated>\(!isLast)</IsTruncated>\(next)"
                + "</ListBucketResult>")
    }

    private static func kept(_ headers: HTTPHeaders) -> [String: String] {
        let kept = headers.fields.filter {
            $0.name.lowercased().hasPrefix("x-amz-meta-") || $0.name.lowercased() == "content-type"
        }
        return Dictionary(kept.map { ($0.name, String($0.value.drop { $0 == " " })) }) { $1 }
    }

    private static func value(_ name: String, _ query: String) -> String? {
        for pair in query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            if sides.first.map(String.init) == name { return sides.count > 1 ? decoded(sides[1]) : "" }
        }
        return nil
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count > 1 {
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func text(_ answer: String) -> [UInt8] { Array(answer.utf8) }
}

/// The tags in the body that completes an upload.
private enum StorageTags {
    static func read(_ body: String) -> [String] {
        body.split(separator: "<ETag>").dropFirst().compactMap { piece in
            piece.split(separator: "</ETag>").first.map(String.init)
        }
    }
}
