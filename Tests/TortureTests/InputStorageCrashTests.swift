import Glibc
import JSON
import Scratch
import ScriptedServer
import System
import Testing

/// jobd ends at each point between its start and the POSTs of jobs whose files go by object storage: during
/// the upload, between upload and POST, and during the POST. Nothing is bought twice, nothing is sent before
/// its file is there as a whole, and nothing else is written to the storage.
@Suite(.serialized) struct InputStorageCrashTests {
    private let server = StorageServer()

    private static let pictures = ["still.png", "still.jpg"].map {
        FileOnDisk.repository + "/Tests/Fixtures/media/" + $0
    }
    private static let jobs: Int64 = 3
    private static let sent = "state IN ('in_queue', 'uncertain')"

    private func simulated() async throws -> Stage {
        try await Stage.simulated(
            "--queue", "0ms", "--run", "0ms", "--image-width", "48", "--fetch-inputs", "--fault",
            "job:queue=1h;model=\(Stage.edit)")
    }

    /// Jobs of two pictures, one of them for two jobs.
    private func prepared(_ service: Stage, _ ledger: LedgerReader) async throws -> Ordeal {
        let ordeal = Ordeal(service, ledger)
        ordeal.stage.variables.merge(["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hush"]) { $1 }
        for (number, picture) in [Self.pictures[0], Self.pictures[1], Self.pictures[0]].enumerated() {
            let prompt = ordeal.prompt(number)
            try await ordeal.enqueue(
                [Stage.edit, "prompt=\(prompt)", "images=\(picture)"], prompts: [prompt])
        }
        #expect(ordeal.promised.count == Int(Self.jobs))
        return ordeal
    }

    private func run(_ ordeal: Ordeal, _ orders: Orders, _ context: String) async throws -> Bool {
        let settings = ["storage.url=s3://bucket/\(ordeal.name)", "storage.endpoint=\(server.url)"]
        return try await ordeal.run(orders, settings: settings, until: Self.jobs, are: Self.sent, context)
    }

    private func judge(_ ordeal: Ordeal, _ context: String) throws {
        try ordeal.expectSoundStore(context)
        #expect(try ordeal.stage.jobCount("uncertain") <= Ordeal.mostSubmitting, "\(context)")
        for (id, prompt) in ordeal.promised {
            let bought = try ordeal.ledger.requests(for: prompt)
            let state = try ordeal.stage.state(of: id)
            #expect(bought.count == 1 || (bought.isEmpty && state == "uncertain"), "job \(id): \(context)")
            guard let input = try ordeal.ledger.input(for: prompt) else { continue }
            let address = input["images"]?.array?.first?.string ?? ""
            #expect(address.hasPrefix("\(server.url)/bucket/\(ordeal.name)/inputs/"), "\(context)")
        }
        // Each content is there once, and whole.
        let own = server.objects.filter { $0.key.hasPrefix(ordeal.name + "/") }
        let expected = Self.pictures.map { picture in
            let bytes = FileOnDisk.bytes(picture) ?? []
            return (ordeal.name + "/inputs/" + SHA256.hexadecimal(of: bytes) + picture.suffix(4), bytes)
        }
        #expect(own.keys.sorted() == expected.map(\.0).sorted(), "\(context)")
        for (key, bytes) in expected { #expect(own[key]?.bytes == bytes, "\(context)") }
    }

    @Test(arguments: Loss.allCases)
    func `nothing is bought twice or without its file between the upload and the POST`(loss: Loss)
        async throws
    {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        let clean = try await prepared(service, ledger)
        let trace = clean.stage.scratch["trace"]
        #expect(try await !run(clean, Orders(trace: trace), "without a crash"))
        try judge(clean, "without a crash")
        let points = FileOnDisk.content(trace).split(separator: "\n")
        #expect(points.count { $0.contains("socket") } > 4, "the uploads are points")
        let step = Effort.points.map { max(1, points.count / $0) } ?? 1
        var crashes = 0
        for number in stride(from: Int.random(in: 1...step, using: &seed), through: points.count, by: step) {
            let moment = Orders.Moment.allCases[number % 3]
            let context = "\(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
            let ordeal = try await prepared(service, ledger)
            if try await run(ordeal, Orders(crashAt: (number, moment)), context) {
                crashes += 1
                loss.strike(ordeal, &seed)
                try ordeal.expectFewInDoubt(context)
                #expect(try await !run(ordeal, .none, context))
            }
            try judge(ordeal, context)
        }
        Effort.say("inputs by storage, \(loss.rawValue): \(points.count) points, \(crashes) crashes")
    }
}
