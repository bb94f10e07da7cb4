import JobModel
import SQL
import Testing

@testable import JobStore

@Suite struct RowTests {
    private let store = ScratchStore()

    @Test func `the columns are in the order in which rows are read`() throws {
        let database = try store.open()
        let columns = database.columns
        // What a shared store alone has comes last.
        #expect(
            try columns("jobs").joined(separator: " ")
                == "id state model input priority label key not_before validation request_id remote_status "
                + "queue_position submissions cancel_requested_at error_kind error_message price_usd cost_usd "
                + "created_at submitted_at started_at finished_at ended_at next_try_at followed_since "
                + "input_removed_at origin waits_for" + perEngine("", postgresql: " owner"))
        #expect(
            try columns("outputs").joined(separator: " ")
                == "job_id position kind url path bytes sha256 media_type width height duration_s state "
                + "downloaded_at attempts fetched removed_at picked_at object local"
                + perEngine("", postgresql: " host"))
        #expect(try columns("links") == ["job_id", "path", "source_id", "output", "resolved_at", "sent"])
        #expect(try columns("events") == ["id", "job_id", "at", "kind", "detail"])
    }

    @Test func `a job is read without its input by the same columns`() throws {
        let database = try store.open()
        _ = try database.job()
        func columns(_ selection: String) throws -> [String] {
            try database.connection.execute(
                "DROP VIEW IF EXISTS chosen; CREATE VIEW chosen AS SELECT \(selection) FROM jobs")
            return try database.columns("chosen")
        }
        #expect(try columns(Job.columnsWithoutInput) == columns("*").filter { $0 != "owner" })
    }

    @Test func `every column of a job comes back in its place`() throws {
        let database = try store.open()
        _ = try database.job()
        func time(_ day: Int) throws -> Timestamp { try #require(Timestamp(year: 2024, month: 1, day: day)) }
        try database.connection.dropTrigger("jobs_waits_for_guard", on: "jobs")
        try database.connection.execute(
            """
            UPDATE jobs SET state = 'failed', priority = -3, label = 'l', key = 'k',
                not_before = '2024-01-01 00:00:00.000', validation = 'waived', request_id = 'r',
                remote_status = 's', queue_position = 4, submissions = 1,
                cancel_requested_at = '2024-01-02 00:00:00.000', error_kind = 'lost', error_message = 'e',
                price_usd = 0.5, cost_usd = 0.25, created_at = '2024-01-03 00:00:00.000',
                submitted_at = '2024-01-04 00:00:00.000', started_at = '2024-01-05 00:00:00.000',
                finished_at = '2024-01-06 00:00:00.000', ended_at = '2024-01-07 00:00:00.000',
                next_try_at = '2024-01-08 00:00:00.000', followed_since = '2024-01-09 00:00:00.000',
                input_removed_at = '2024-01-10 00:00:00.000', origin = 'https://o', waits_for = 11
            """)
        var expected = Job(
            id: 1, state: .failed, model: "m", input: #"{"prompt":"a cat"}"#, createdAt: try time(3))
        (expected.priority, expected.label, expected.key, expected.validation) = (-3, "l", "k", .waived)
        (expected.notBefore, expected.cancelRequestedAt) = (try time(1), try time(2))
        (expected.requestID, expected.remoteStatus, expected.queuePosition) = ("r", "s", 4)
        (expected.submissions, expected.failureKind, expected.message) = (1, .lost, "e")
        (expected.priceUSD, expected.costUSD) = (0.5, 0.25)
        (expected.submittedAt, expected.startedAt) = (try time(4), try time(5))
        (expected.finishedAt, expected.endedAt) = (try time(6), try time(7))
        (expected.nextTryAt, expected.followedSince) = (try time(8), try time(9))
        expected.inputRemovedAt = try time(10)
        expected.origin = "https://o"
        expected.waitsFor = 11
        #expect(try database.find(1) == expected)
    }

    @Test func `every column of an output comes back in its place`() throws {
        let database = try store.open()
        _ = try database.job()
        try database.connection.execute(
            """
            INSERT INTO outputs VALUES (1, 2, 'video', 'u', 'p', 3, '\(String(repeating: "a", count: 64))', 't', 4, 5, 6.5,
                'done', '2024-01-01 00:00:00.000', 7, 8, '2024-01-02 00:00:00.000', '2024-01-03 00:00:00.000', 's3://b/k', 'gone')
            """)
        var expected = Output(jobID: 1, position: 2, kind: .video, url: "u")
        (expected.path, expected.bytes, expected.mediaType) = ("p", 3, "t")
        expected.sha256 = String(repeating: "a", count: 64)
        (expected.width, expected.height, expected.durationSeconds) = (4, 5, 6.5)
        (expected.state, expected.attempts, expected.fetched) = (.done, 7, 8)
        expected.downloadedAt = Timestamp(year: 2024, month: 1, day: 1)
        expected.removedAt = Timestamp(year: 2024, month: 1, day: 2)
        expected.pickedAt = Timestamp(year: 2024, month: 1, day: 3)
        (expected.object, expected.local) = ("s3://b/k", .gone)
        #expect(try database.outputs(of: 1) == [expected])
    }

    @Test func `the words of the schema are the words of the code`() throws {
        let database = try store.open()
        func schema(_ table: String) throws -> String {
            try database.texts(
                perEngine(
                    "SELECT sql FROM sqlite_schema WHERE name = '\(table)'",
                    postgresql: """
                        SELECT pg_get_constraintdef(pg_constraint.oid) || coalesce(string_agg(prosrc, ''), '')
                        FROM pg_constraint
                        LEFT JOIN pg_depend ON objid = pg_constraint.oid AND refclassid = 'pg_proc'::regclass
                        LEFT JOIN pg_proc ON pg_proc.oid = refobjid
                        WHERE conrelid = '\(table)'::regclass GROUP BY pg_constraint.oid
                        """)
            ).joined()
        }
        let (jobs, events) = (try schema("jobs"), try schema("events"))
        let (outputs, pauses) = (try schema("outputs"), try schema("pauses"))
        for word in JobState.allCases.map(\.rawValue) + FailureKind.allCases.map(\.rawValue)
            + Job.Validation.allCases.map(\.rawValue)
        { #expect(jobs.contains("'\(word)'")) }
        for kind in EventKind.allCases { #expect(events.contains("'\(kind.rawValue)'")) }
        for word in Output.State.allCases.map(\.rawValue) + Output.Kind.allCases.map(\.rawValue)
            + Output.Local.allCases.map(\.rawValue)
        { #expect(outputs.contains("'\(word)'")) }
        for reason in Pause.Reason.allCases { #expect(pauses.contains("'\(reason.rawValue)'")) }
    }
}
