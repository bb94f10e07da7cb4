import Glibc
import JSON
import Scratch
import Testing

/// A service that answers with everything but what it should: each job has its own of its answers.
@Suite(.serialized) struct HostileAnswerTests {
    private static let marks = String(repeating: "\u{301}", count: 1 << 20)

    /// What `/result` says of the request of this name; `OWN` stands for the server's own address.
    private static let results: [String: String] = [
        "many":
            #"{"status":"succeeded","output":[\#((1...100).map { #""OWN/f/\#($0).gif""# }.joined(separator: ","))]}"#,
        "twice":
            #"{"status":"succeeded","output":{"image":"OWN/f/a","images":["OWN/f/a",{"url":"OWN/f/a"}]}}"#,
        "schemes":
            #"{"status":"succeeded","output":["ftp://127.0.0.1/a","file:///etc/passwd","data:image/gif;base64,AA==","/f/a","javascript:alert(1)"]}"#,
        "mixed":
            #"{"status":"succeeded","output":["file:///etc/passwd","OWN/f/a","","OWN/f/a b","OWN/f/\u0000"]}"#,
        "data":
            #"{"status":"succeeded","output":{"images":["OWN/f/a","data:image/gif;base64,\#(String(repeating: "A", count: 1 << 20))"]}}"#,
        "blank": #"{"status":"succeeded","output":{"images":["OWN/f/1.png"," OWN/f/my file.png "]}}"#,
        "hosts":
            #"{"status":"succeeded","output":["https://10.0.0.1/a","https://[::ffff:169.254.169.254]/a","https://a.runcomfy.net@127.0.0.1/","https://runcomfy.net.example/a"]}"#,
        "names": #"{"status":"succeeded","output":"OWN/f/..%2f..%2f..%2fetc%2fpasswd.sh?a=/../b.php#/../c"}"#,
        "echo": #"{"status":"succeeded","input":{"images":["OWN/f/a"]},"image":"OWN/f/b","output":{}}"#,
        "nested":
            #"{"status":"succeeded","output":\#(String(repeating: "[", count: 120))"OWN/f/a"\#(String(repeating: "]", count: 120))}"#,
        "numbers":
            #"{"status":"succeeded","cost":1e999999,"created_at":"9999-99-99T99:99:99Z","finished_at":"0000-00-00","output":"OWN/f/a"}"#,
        "negative": #"{"status":"succeeded","cost":-5,"queue_position":-1e400,"output":"OWN/f/a"}"#,
        "failure": #"{"status":"failed","error":{"message":"e\#(marks)","code":"\u001b[2J\u0000"}}"#,
        "shapes": #"{"status":"failed","error":[[[{"error":[{"message":{"detail":["why"]}}]}]]]}"#,
    ]

    /// What each is to end as, and with how many files.
    private static let endings: [(name: String, state: String, kind: String?, files: Int64)] = [
        ("many", "completed", nil, 100), ("twice", "completed", nil, 1), ("schemes", "failed", "output", 0),
        ("mixed", "failed", "download", 3), ("data", "failed", "download", 1),
        ("blank", "completed", nil, 2), ("hosts", "failed", "download", 0), ("names", "completed", nil, 1),
        ("echo", "failed", "output", 0), ("nested", "completed", nil, 1), ("numbers", "completed", nil, 1),
        ("negative", "completed", nil, 1), ("failure", "failed", "remote", 0),
        ("shapes", "failed", "remote", 0),
    ]

    @Test func `each is taken for what it is`() async throws {
        let service = ScriptedService(
            fileHeaders: "Content-Type: text/x-sh\r\nContent-Disposition: attachment; "
                + "filename=\"../../../../tmp/evil.sh\"; filename*=UTF-8''%2e%2e%2fevil.sh\r\n")
        service.say("status", of: "*", #"{"status":"completed","queue_position":1e99}"#)
        for (name, result) in Self.results { service.say("result", of: name, result) }
        let stage = Stage(service)
        for ending in Self.endings { try await stage.jobctl("enqueue", "t/\(ending.name)", "text=x", "-q") }
        let jobd = try await stage.drain("retry.attempts=2", "retry.patience=0s")
        for (index, ending) in Self.endings.enumerated() {
            let job = try await stage.job(Int64(index) + 1)
            #expect(
                job["state"]?.string == ending.state, "\(ending.name): \(job["error_message"]?.text ?? "")")
            #expect(job["error_kind"]?.string == ending.kind, "\(ending.name)")
            #expect((job["error_message"]?.string ?? "").utf8.count < 5000, "\(ending.name)")
            let done = job["outputs"]?.array?.filter { $0["state"]?.string == "done" } ?? []
            #expect(Int64(done.count) == ending.files, "\(ending.name)")
            for output in done {
                let path = output["path"]?.string ?? ""
                #expect(
                    path.hasSuffix(".gif") && !path.contains("evil") && !path.contains("passwd"), "\(path)")
            }
            #expect(job["cost_usd"] == .null, "\(ending.name)")
        }
        // What nobody can fetch is known, and takes little room.
        #expect(try stage.number("SELECT max(length(url)) FROM outputs") == 2_000)
        #expect(jobd.errors.split(separator: "\n").allSatisfy { $0.utf8.count < 8_000 })
        #expect(try stage.text("SELECT error_message FROM jobs WHERE model = 't/shapes'") == "why")
        // Each address was asked for, and each job bought once.
        #expect(service.posts == Self.endings.count)
        #expect(!jobd.errors.utf8.contains { $0 < 0x20 && $0 != 0x0A })
        #expect(FileOnDisk("/tmp/evil.sh") == nil)
    }
}
