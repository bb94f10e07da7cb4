internal import Glibc
internal import HTTP
package import JobModel
package import System

/// A file to put into the storage. It must not change while it is sent.
package struct Upload: Sendable {
    package let file: FileDescriptor
    package let bytes: Int64
    package let sha256: String
    package let mediaType: String?
    /// The request whose output it is, which is noted with the object.
    package var request: String?

    package init(_ file: FileDescriptor, bytes: Int64, sha256: String, mediaType: String? = nil) {
        (self.file, self.bytes, self.sha256, self.mediaType) = (file, bytes, sha256, mediaType)
    }
}

/// Putting files there. An object is never replaced by another content, and what is there counts only once
/// the storage has checked its hash: every request announces, in what is signed, the SHA-256 of its body.
extension ObjectStorage {
    /// Returns the name under which the content is there: `name`, or if that has another content, the same
    /// with `-2`, `-3` before its extension. A repetition finds what is there.
    package func put(_ upload: Upload, as name: ObjectName) async throws(StorageFault) -> ObjectName {
        for number in 1...9 {
            let candidate = number == 1 ? name : name.alternative(number)
            do throws(StorageFault) {
                try await put(upload, exactlyAs: candidate)
                return candidate
            } catch .occupied { continue }
        }
        throw .occupied(name.text)
    }

    /// Input files: once per content, whatever they are called.
    package func putInput(_ upload: Upload, fileExtension: String) async throws(StorageFault) -> ObjectName {
        try await put(upload, as: location.name("inputs/\(upload.sha256).\(fileExtension)"))
    }

    private func put(_ upload: Upload, exactlyAs name: ObjectName) async throws(StorageFault) {
        if let facts = try await facts(of: name) {
            guard try await isSame(facts, upload, name) else { throw .occupied(name.text) }
            return
        }
        if upload.bytes > limits.whole {
            try await putParts(of: upload, name)
        } else {
            var call = Call(.put(FilePart(upload.file, count: upload.bytes)), name)
            call.payload = upload.sha256
            call.headers = headers(of: upload)
            try check(try await unlessThere(call), name)
        }
        // A proxy may answer for a storage that has never seen the file.
        let facts = try await facts(of: name)
        guard let facts, facts.bytes == upload.bytes, facts.sha256 ?? upload.sha256 == upload.sha256 else {
            throw .unavailable("\(location.place) does not show \(name.text) as it was sent")
        }
    }

    /// Whether an object that is there has this content. Unless its hash was noted, only its bytes say.
    private func isSame(_ facts: Facts, _ upload: Upload, _ name: ObjectName) async throws(StorageFault)
        -> Bool
    {
        if facts.bytes != upload.bytes { return false }
        if let known = facts.sha256 { return known == upload.sha256 }
        return try await sha256(of: name) == upload.sha256
    }

    /// Reads the whole object. Nothing is kept of it.
    package func sha256(of name: ObjectName) async throws(StorageFault) -> String {
        let sink = HashSink()
        let request = try self.request(Call(.get, name))
        do throws(HTTPError) {
            _ = try await client.download(request, into: sink)
        } catch .sinkFailed(let head) {
            throw StorageFault(head, to: name, at: location.place)
        } catch {
            throw StorageFault(error, at: location.place)
        }
        return sink.digest.hexadecimal()
    }

    private func headers(of upload: Upload) -> [(name: String, value: String)] {
        var headers = [
            (name: "content-type", value: upload.mediaType ?? "application/octet-stream"),
            (name: Self.hashHeader, value: upload.sha256),
        ]
        if let request = upload.request, request.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) {
            headers.append((name: Self.requestHeader, value: request))
        }
        return headers
    }

    /// The answer to a call that is to create an object, and must not replace one that somebody has created
    /// since it was looked for.
    private func unlessThere(_ call: Call) async throws(StorageFault) -> HTTPResponse {
        guard knowsConditions.withLock({ $0 }) else { return try await answer(to: call) }
        var careful = call
        careful.headers.append(("if-none-match", "*"))
        let answer = try await answer(to: careful)
        if answer.status != 501 { return answer }
        knowsConditions.withLock { $0 = false }
        return try await self.answer(to: call)
    }
}

// MARK: - In parts

extension ObjectStorage {
    /// An upload in parts that has begun and is neither complete nor aborted. The storage keeps its parts.
    package struct PartialUpload: Equatable, Sendable {
        package let name: ObjectName
        package let id: String
        /// When it began, as the storage says it.
        package let begun: String?
    }

    private func putParts(of upload: Upload, _ name: ObjectName) async throws(StorageFault) {
        // What a crash has left of this file would be paid for, and never be used.
        // A storage that cannot list them takes the file all the same.
        for left in (try? await partialUploads(name)) ?? [] where left.name == name {
            try? await abort(left)
        }
        var call = Call(.post(body: []), name)
        call.query = [("uploads", "")]
        call.headers = headers(of: upload)
        guard let id = try await xml(call, "InitiateMultipartUploadResult").text("UploadId") else {
            throw .unavailable("\(location.place) began an upload without an id")
        }
        do throws(StorageFault) {
            try await complete(try await putParts(of: upload, name, id), name, id)
        } catch {
            // Also if this task was cancelled, which would end the call.
            let left = PartialUpload(name: name, id: id, begun: nil)
            _ = await Task { try? await abort(left) }.value
            throw error
        }
    }

    /// Returns the tags of the parts.
    private func putParts(of upload: Upload, _ name: ObjectName, _ id: String) async throws(StorageFault)
        -> [String]
    {
        // There may be at most 10,000 parts.
        let size = max(limits.part, (upload.bytes + 9_999) / 10_000)
        let (whole, file) = (RunningHash(), upload.file)
        var tags: [String] = []
        var offset: Int64 = 0
        while offset < upload.bytes {
            let part = FilePart(file, offset: offset, count: min(size, upload.bytes - offset))
            let hash = try await pool.run { () throws(StorageFault) in try Self.hash(of: part, whole) }
            var call = Call(.put(part), name)
            call.payload = hash
            call.query = [("partNumber", String(tags.count + 1)), ("uploadId", id)]
            tags.append(try await putPart(call))
            offset += part.count
        }
        guard whole.hexadecimal == upload.sha256 else { throw .changed("the file has changed") }
        return tags
    }

    /// Tries one part several times: the others need not be sent again.
    private func putPart(_ call: Call) async throws(StorageFault) -> String {
        var failures = 0
        while true {
            do throws(StorageFault) {
                guard let tag = try await good(call).headers["etag"] else {
                    throw .unavailable("\(location.place) took a part without giving it a tag")
                }
                return tag
            } catch .unavailable(let reason, let retryAfter) {
                failures += 1
                if failures == limits.tries { throw .unavailable(reason, retryAfter: retryAfter) }
                let wait = min(max(delay(failures), retryAfter ?? .zero), .seconds(60))
                do { try await Task.sleep(for: wait) } catch { throw .cancelled }
            }
        }
    }

    private func complete(_ tags: [String], _ name: ObjectName, _ id: String) async throws(StorageFault) {
        let parts = tags.enumerated().map { index, tag in
            let safe = tag.filter { $0 != "<" && $0 != "&" && $0 != ">" }
            return "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(safe)</ETag></Part>"
        }
        let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
        let body = Array(
            "<CompleteMultipartUpload xmlns=\"\(namespace)\">\(parts.joined())</CompleteMultipartUpload>".utf8
        )
        var call = Call(.post(body: body), name)
        call.query = [("uploadId", id)]
        call.payload = SHA256.hexadecimal(of: body)
        call.headers = [("content-type", "application/xml")]
        let answer = try await unlessThere(call)
        try check(answer, name)
        // The answer may begin well before it is known how it ends.
        guard StorageXML(answer.body).block("CompleteMultipartUploadResult") != nil else {
            throw StorageFault(answer, to: name, at: location.place)
        }
    }

    /// The unfinished uploads whose keys begin as `prefix` says.
    package func partialUploads(_ prefix: ObjectName) async throws(StorageFault) -> [PartialUpload] {
        var found: [PartialUpload] = []
        var marker: (key: String, id: String)?
        while true {
            var call = Call(.get, ObjectName(bucket: prefix.bucket, key: ""))
            call.query = [("uploads", ""), ("prefix", prefix.key)]
            if let marker { call.query += [("key-marker", marker.key), ("upload-id-marker", marker.id)] }
            let page = try await xml(call, "ListMultipartUploadsResult")
            for block in page.blocks("Upload") {
                guard let key = block.text("Key"), let id = block.text("UploadId") else { continue }
                let name = ObjectName(bucket: prefix.bucket, key: key)
                found.append(PartialUpload(name: name, id: id, begun: block.text("Initiated")))
            }
            guard page.text("IsTruncated") == "true", let key = page.text("NextKeyMarker"),
                let id = page.text("NextUploadIdMarker"), marker?.key != key || marker?.id != id
            else { return found }
            marker = (key, id)
        }
    }

    /// Frees what the storage keeps of it. It is no fault if it is complete or aborted already.
    package func abort(_ upload: PartialUpload) async throws(StorageFault) {
        var call = Call(.delete, upload.name)
        call.query = [("uploadId", upload.id)]
        let answer = try await answer(to: call)
        if answer.status != 404 { try check(answer, upload.name) }
    }

    /// Reads a part, for its own hash and for that of the whole.
    private static func hash(of part: FilePart, _ whole: RunningHash) throws(StorageFault) -> String {
        let own = SHA256()
        try onDisk { () throws(SystemError) in
            var done: Int64 = 0
            while done < part.count {
                let piece = try part.file.read(
                    Int(min(1 << 18, part.count - done)), at: part.offset + done)
                if piece.isEmpty { return }
                unsafe piece.withUnsafeBytes { unsafe own.update($0) }
                whole.add(piece)
                done += Int64(piece.count)
            }
        }
        return own.hexadecimal()
    }
}

/// The hash of a whole file, whose parts are read one after another, on different threads.
private final class RunningHash: Sendable {
    private let digest = Locked(Box())

    private final class Box {
        let digest = SHA256()
    }

    func add(_ bytes: [UInt8]) {
        digest.withLock { box in unsafe bytes.withUnsafeBytes { unsafe box.digest.update($0) } }
    }

    var hexadecimal: String { digest.withLock { $0.digest.hexadecimal() } }
}

extension ObjectName {
    /// The name to try if this one is taken: with a number before its extension.
    fileprivate func alternative(_ number: Int) -> ObjectName {
        let slash = key.utf8.lastIndex(of: UInt8(ascii: "/")) ?? key.startIndex
        guard let dot = key[slash...].utf8.lastIndex(of: UInt8(ascii: ".")) else {
            return ObjectName(bucket: bucket, key: "\(key)-\(number)")
        }
        return ObjectName(bucket: bucket, key: "\(key[..<dot])-\(number)\(key[dot...])")
    }
}

/// Hashes a body and keeps nothing of it.
///
/// The transfer thread uses it during a transfer, its owner afterwards.
private final class HashSink: HTTPSink, @unchecked Sendable {
    let digest = SHA256()

    func begin(_ head: HTTPResponse) -> Bool { head.status == 200 }

    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe digest.update(bytes)
        return true
    }
}
