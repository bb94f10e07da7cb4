import JSON
import SQL
import Scratch
import Testing

/// Jobs that are made from the outputs of others.
extension Ordeal {
    /// How many jobs a chain has.
    static let chainLength = 7

    /// Enqueues two pictures, and what is made of them: a picture of the second, one of both, one of the
    /// first of these, a picture of the one that a person picks, and one of that. Last comes a film, of
    /// another picture: the pictures here are too small for films.
    func enqueueChain(_ first: Int, _ orders: Orders = .none) async throws {
        func key(_ number: Int) -> String { "\(name)-\(first + number)" }
        let picture = service.url + "/_sim/picture.png"
        let jobs = [
            (Stage.sequential, #""text":"P","sequential_image_generation_options":2"#),
            (Stage.edit, #""prompt":"P","images":["job:\#(key(0))/2"]"#),
            (
                "bytedance/seedream-4-0/edit-sequential",
                #""text":"P","images":["job:\#(key(0))/all"],"sequential_image_generation_options":1"#
            ),
            (Stage.edit, #""prompt":"P","images":["job:\#(key(1))"]"#),
            (Stage.edit, #""prompt":"P","images":["job:\#(key(0))/pick"]"#),
            (Stage.edit, #""prompt":"P","images":["job:\#(key(4))"]"#),
            (
                "bytedance/seedance-v1.5-pro/image-to-video",
                #""prompt":"P","duration":4,"first_frame_image_url":"\#(picture)""#
            ),
        ]
        let lines = jobs.enumerated().map { number, job in
            let input = job.1.replacing("\"P\"", with: "\"\(prompt(first + number))\"")
            let label = labelMember(first + number)
            return #"{"model":"\#(job.0)","input":{\#(input)},"key":"\#(key(number))"\#(label)}"# + "\n"
        }
        let path = stage.scratch["chain-\(first)"]
        FileOnDisk.write(lines.joined(), to: path)
        let isThere = try await enqueue(
            ["--batch", path], prompts: jobs.indices.map { prompt(first + $0) }, orders)
        #expect(isThere || orders.crashAt != nil)
    }

    /// Picks an output of each source for which a job waits although it has completed.
    func pickAll(_ context: String) async throws {
        let wanted = try stage.texts(
            """
            SELECT DISTINCT source_id FROM missing_sources JOIN jobs ON jobs.id = source_id
            WHERE output = 'pick' AND state = 'completed'
            """)
        for source in wanted {
            let last = try stage.number("SELECT max(position) FROM outputs WHERE job_id = \(source)")
            let program = try await jobctl(["pick", source, String(last)])
            #expect(try await program.exitCode() == 0, "\(program.errors): \(context)")
        }
    }

    /// The count of what a job waits for is right, and no job was sent before its sources had completed.
    func expectSoundChains(_ context: String) throws {
        let miscounted = try stage.texts(
            """
            SELECT id || ' waits for ' || waits_for FROM jobs WHERE ended_at IS NULL
                AND waits_for <> (SELECT count(*) FROM missing_sources WHERE job_id = jobs.id)
            """)
        #expect(miscounted == [], "\(context)")
        // Events are written in the transactions that they tell of.
        let early = try stage.texts(
            """
            SELECT links.job_id || ' of ' || source_id FROM links
                JOIN events AS sent ON sent.job_id = links.job_id AND sent.kind = 'submitting'
            WHERE NOT EXISTS (
                SELECT 1 FROM events WHERE job_id = source_id AND kind = 'ended' AND id < sent.id
                    AND json_extract(detail, '$.state') = 'completed')
            """)
        #expect(early == [], "sent before its source had completed: \(context)")
    }

    /// A job was sent its sources' own addresses in the place of its references.
    func expectAddresses(of id: Int64, prompt: String, _ context: String) throws {
        let links = try stage.connection().all(
            "SELECT path, source_id, sent FROM links WHERE job_id = ?1 AND sent IS NOT NULL", id
        ) { (path: $0.text(0), source: $0.integer(1), sent: $0.text(2)) }
        guard !links.isEmpty, let sent = try ledger.input(for: prompt) else { return }
        var addresses: [String: [String]] = [:]
        for link in links {
            addresses[link.path] = try stage.texts(
                """
                SELECT url FROM outputs JOIN json_each('\(link.sent)') ON value = position
                WHERE job_id = \(link.source) ORDER BY position
                """)
        }
        let stored = try JSON(
            parsing: try #require(try stage.text("SELECT input FROM jobs WHERE id = \(id)")))
        let images = (stored["images"]?.array ?? []).enumerated().flatMap { number, image in
            addresses["$.images[\(number)]"] ?? [image.string ?? ""]
        }
        #expect((sent["images"]?.array ?? []).map(\.string) == images, "job \(id): \(context)")
        #expect(addresses.values.allSatisfy { !$0.isEmpty }, "job \(id): \(context)")
    }
}
