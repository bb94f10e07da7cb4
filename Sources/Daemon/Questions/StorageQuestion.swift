internal import Glibc
internal import HTTP
internal import JSON
internal import JobModel
internal import ObjectStorage
internal import System

/// What jobctl has jobd ask the object storage: a line of JSON for each object, and an answer for each.
struct StorageQuestion {
    let storage: ObjectStorage
    let http: HTTPClient

    func answer(to line: String) async -> JSON {
        let question = (try? JSON(parsing: line)) ?? .null
        do throws(StorageFault) {
            switch question["do"]?.string {
            case "check": return .object(["detail": .string(try await check())])
            case "facts": return try await facts(of: try Self.object(question))
            case "put": return try await put(question)
            case "fetch":
                return try await fetch(try Self.object(question), question["to"]?.string ?? "")
            default: throw .refused("the question is not understood")
            }
        } catch {
            let isMissing = if case .missing = error { true } else { false }
            return .object(["fault": .string("\(error)"), "missing": .bool(isMissing)])
        }
    }

    private static func object(_ question: JSON) throws(StorageFault) -> ObjectName {
        guard let name = question["object"]?.string.flatMap(ObjectName.init) else {
            throw .refused("no name of an object")
        }
        return name
    }

    private func facts(of name: ObjectName) async throws(StorageFault) -> JSON {
        guard let facts = try await storage.facts(of: name) else { throw .missing(name.text) }
        return .object(["bytes": .integer(facts.bytes), "sha256": .optional(facts.sha256)])
    }

    /// Puts a file there that inputs will name.
    private func put(_ question: JSON) async throws(StorageFault) -> JSON {
        let (path, hash) = (question["file"]?.string ?? "", question["sha256"]?.string ?? "")
        let (file, bytes): (FileDescriptor, Int64)
        do throws(SystemError) {
            file = try FileDescriptor(opening: path)
            bytes = try file.status().size
        } catch { throw .changed("\(path) cannot be read: \(error)") }
        let upload = Upload(file, bytes: bytes, sha256: hash, mediaType: question["media_type"]?.string)
        let name = try await storage.putInput(upload, fileExtension: question["extension"]?.string ?? "bin")
        return .object(["object": .string(name.text), "bytes": .integer(bytes)])
    }

    /// The file is there, and jobctl's own.
    private func fetch(_ name: ObjectName, _ path: String) async throws(StorageFault) -> JSON {
        let file: FileDescriptor
        do throws(SystemError) { file = try FileDescriptor(opening: path, flags: O_RDWR) } catch {
            throw .changed("\(path) cannot be written: \(error)")
        }
        let (bytes, hash) = try await storage.fetch(name, into: file, limit: .max)
        return .object(["bytes": .integer(bytes), "sha256": .string(hash)])
    }

    /// Writes, reads and removes an object, and tries which requests its presigned address serves.
    private func check() async throws(StorageFault) -> String {
        let bytes = Array("jobctl doctor \(UInt64.random(in: 0 ... .max))".utf8)
        let hash = SHA256.hexadecimal(of: bytes)
        let (file, copy): (FileDescriptor, FileDescriptor)
        do throws(SystemError) {
            (file, copy) = (try FileDescriptor.inMemory(bytes), try FileDescriptor.inMemory([]))
        } catch {
            throw .changed("no file in memory: \(error)")
        }
        let upload = Upload(file, bytes: Int64(bytes.count), sha256: hash, mediaType: "text/plain")
        let name = try await storage.put(
            upload, as: storage.location.name("check/\(hash.prefix(12)).txt"))
        let read = try await storage.fetch(name, into: copy, limit: 1 << 20)
        guard read.sha256 == hash else { throw .changed("it gave back other bytes than it was given") }
        let address = try storage.presignedAddress(of: name, for: .seconds(300))
        let verbs = await [("GET", status(.get, address)), ("HEAD", status(.head, address))]
        try await storage.remove(name)
        guard try await storage.facts(of: name) == nil else { throw .changed("it does not remove objects") }
        let words = verbs.map { verb, status in "\(verb) \(status == 200 ? "yes" : "no (\(status))")" }
        return "wrote, read and removed an object; a presigned address serves "
            + words.joined(separator: ", ")
    }

    /// 0 if there was no answer.
    private func status(_ method: HTTPRequest.Method, _ address: String) async -> Int {
        (try? await http.send(HTTPRequest(url: address, method: method)).status) ?? 0
    }
}
