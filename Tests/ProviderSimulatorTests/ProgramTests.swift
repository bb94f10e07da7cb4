import Glibc
import JSON
import Scratch
import Testing

@testable import ProviderSimulator

@Suite struct ProgramTests {
    private let directory = ScratchDirectory()

    /// The program jobsim, which serves or has ended.
    private func jobsim(_ arguments: [String]) throws -> Scratch.Program {
        let program = try Scratch.Program("jobsim", arguments, environment: [:])
        try eventually("jobsim listens") { program.hasEnded || program.output.contains("\n") }
        return program
    }

    @Test func `requests outlive kill and restart`() throws {
        let options = [
            "--port", "0", "--state", directory.path, "--queue", "1h", "--run=0", "--balance", "1",
        ]
        let first = try jobsim(options)
        let path = "/v1/models/\(RunningSimulator.picture)"
        let kept = try #require(first.client.post(path, #"{"text":"kept"}"#)?.json["request_id"]?.string)
        let gone = try #require(first.client.post(path, #"{"text":"gone"}"#)?.json["request_id"]?.string)
        let fast = #"{"text":"fast [[fault: job:queue=0]] [[fault: result:echo]]"}"#
        let done = try #require(first.client.post(path, fast)?.json["request_id"]?.string)
        #expect(first.client.post("/v1/requests/\(gone)/cancel")?.status == 202)
        #expect(first.client.post("/_sim/balance?usd=2")?.status == 200)
        let cut = first.client.post(path, #"{"text":"cut [[fault: submit:cut-after]]"}"#)
        #expect(cut == nil)
        let picture = try #require(first.client.get("/files/\(done)/1.png")).body
        first.end()

        let second = try jobsim(options)
        let status = { (id: String) in second.client.get("/v1/requests/\(id)/status")?.json["status"]?.string
        }
        #expect(status(kept) == "in_queue")
        #expect(status(gone) == "cancelled")
        #expect(status(done) == "completed")
        #expect(second.client.get("/v1/requests/\(done)/result")?.json["input"] != nil)
        #expect(second.client.get("/files/\(done)/1.png")?.body == picture)
        let counts = try JSON(parsing: second.client.get("/_sim/ledger")?.text.prefix { $0 != "\n" } ?? "")
        #expect(counts["accepted"]?.integer == 4)
        // 1 paid in at the start, 2 later, three pictures each for what was not cancelled.
        #expect(second.client.get("/prod/v2/balance")?.json["balance_usd"]?.double == 2.73)
        let new = try #require(second.client.post(path, #"{"text":"new"}"#)?.json["request_id"]?.string)
        #expect(![kept, gone, done].contains(new))
    }

    @Test func `it has a version, and its help names faults as its parser takes them`() throws {
        #expect(try jobsim(["--version"]).answer().output.hasPrefix("jobsim "))
        let help = try jobsim(["--help"]).answer().output
        #expect(help.contains("CALL stands for") && !help.contains("any:"))
        let values = [
            "NNN": "503", "html-X": "html-502", "200-error-X": "200-error-400002", "shape-X": "shape-string",
        ]
        for definition in FaultDefinition.all {
            let written = values[definition.synopsis] ?? definition.synopsis
            let fault = written.replacing("[", with: "").replacing("]", with: "").replacing("=N", with: "=1")
                .replacing("=TIME", with: "=1s").replacing("=BYTES", with: "=1k").replacing(
                    "=TEXT", with: "=x")
            for call in definition.calls {
                #expect(
                    (try? FaultParser.parse("\(call.rawValue):\(fault)")) != nil, "\(call.rawValue):\(fault)")
            }
        }
    }

    @Test func `the same seed gives new IDs after a restart`() throws {
        var ids: [String] = []
        for _ in 0..<2 {
            let process = try jobsim(["--port", "1", "--port", "0", "--state", directory.path, "--seed", "3"])
            ids.append(try #require(process.client.post("/v1/models/a/b", "{}")?.json["request_id"]?.string))
            #expect(try process.exitCode(after: SIGTERM) == 0)
        }
        #expect(Set(ids).count == 2)
    }

    @Test func `a line that was cut off is forgotten and a damaged one is named`() throws {
        func append(_ text: String) {
            FileOnDisk.write(
                FileOnDisk.content(directory["ledger.jsonl"]) + text, to: directory["ledger.jsonl"])
        }
        let options = ["--port", "0", "--state", directory.path]
        let first = try jobsim(options)
        #expect(first.client.post("/v1/models/a/b", "{}")?.status == 200)
        #expect(try jobsim(options).errors.contains("another jobsim uses"))
        first.end()
        append(#"{"kind":"accepted","request_id":"half"#)
        let second = try jobsim(options)
        #expect(second.client.post("/v1/models/a/b", "{}")?.status == 200)
        #expect(second.client.get("/_sim/ledger")?.text.hasPrefix(#"{"accepted":2,"#) == true)
        second.end()
        append("nonsense\n")
        let third = try jobsim(options)
        #expect(third.errors.contains("ledger.jsonl, line 3"))
        #expect(try third.exitCode() == 69)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal ends it at once`(signal: Int32) throws {
        let process = try jobsim(["--port", "0", "--fault", "models:hang"])
        #expect(process.output == "jobsim listening on http://127.0.0.1:\(process.client.port)\n")
        #expect(process.client.send("GET", "/v1/models", [], nil, patience: 1) == nil)
        #expect(try process.exitCode(after: signal) == 0)
    }

    @Test func `its help names whatever the parser takes`() throws {
        let process = try jobsim(["--help"])
        #expect(try process.exitCode() == 0)
        let words = Set(process.output.split { $0 == " " || $0 == "\n" }.map(String.init))
        let start = process.output.firstRange(of: "CALL stands for")?.upperBound
        let any = start.map { process.output[$0...].prefix { $0 != ":" } } ?? ""
        for effect in FaultEffect.allCases {
            let (name, written) =
                switch effect {
                case .status: ("500", "NNN")
                case .html: ("html-502", "html-X")
                case .errorInOK: ("200-error-400002", "200-error-X")
                case .shape: ("shape-array", "shape-X")
                default: (effect.rawValue, effect.rawValue)
                }
            for call in FaultCall.allCases {
                let isTaken = ["", "=2", "=2s", "=2k", "=x"].contains { value in
                    (try? FaultParser.parse("\(call.rawValue):\(name)\(value)")) != nil
                }
                guard isTaken else { continue }
                let isNamed = words.contains { word in
                    let halves = word.split(separator: ":").map(String.init)
                    guard halves.count == 2 else { return false }
                    let calls = halves[0].split(separator: ",").map(String.init)
                    let isMeant =
                        calls == ["CALL"] ? any.contains(call.rawValue) : calls.contains(call.rawValue)
                    return isMeant && halves[1].prefix { $0 != "=" && $0 != "[" } == written
                }
                #expect(isNamed, "\(call.rawValue):\(name)")
            }
        }
        for option in FaultOption.allCases {
            #expect(words.contains { $0.prefix { $0 != "=" } == option.rawValue }, "\(option.rawValue)")
        }
        for body in Fault.ErrorBody.allCases { #expect(process.output.contains(body.rawValue)) }
        for shape in OutputShape.allCases {
            #expect(words.contains("shape-\(shape.rawValue),") || words.contains("shape-\(shape.rawValue)"))
        }
    }

    @Test(arguments: [
        ["--nonsense"], ["--port"], ["--port", "x"], ["--queue", "soon"], ["--fault", "x"],
        ["--jitter", "2"], ["--seed", "x"], ["--state="], ["--seed", "x"], ["--state="],
        ["--balance=-1"], ["--image-width", "1"], ["here"],
    ])
    func `a wrong command line is a usage error`(arguments: [String]) throws {
        let process = try jobsim(arguments)
        #expect(process.errors.hasPrefix("jobsim: "))
        #expect(try process.exitCode() == 64)
    }

    @Test func `a port that is taken is named`() throws {
        let stage = try RunningSimulator()
        let process = try jobsim(["--port", String(stage.client.port)])
        #expect(process.errors.contains("127.0.0.1:\(stage.client.port)"))
        #expect(try process.exitCode() == 69)
    }
}

extension Scratch.Program {
    fileprivate var client: WebClient {
        WebClient(port: output.split(separator: ":").last.flatMap { UInt16($0.filter(\.isNumber)) } ?? 0)
    }
}
