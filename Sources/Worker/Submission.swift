internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Policy
internal import Provider

/// Sends one claimed job, once, and records what became of it. The intent to send is on disk already.
struct Submission: Sendable {
    let job: Job
    let store: JobStore
    let context: WorkerContext
    /// Tries of this job so far that certainly bought nothing.
    let failures: Int

    enum Outcome: Sendable {
        /// RunComfy has it.
        case accepted(Job)
        /// It answered for this job alone: refused, or ended otherwise.
        case settled
        /// Nobody can know what became of it, and why.
        case doubted(String)
        /// It certainly did not arrive, and why.
        case noAnswer(String)
        /// To be tried again. A time is there where the service has too much to do; else the answer was about
        /// this job.
        case later(asked: Duration?)
        case account(SubmissionGate.Reason, String)
        /// jobd stops, and what became of it could not be written down.
        case unrecorded(String)
    }

    /// So long does a stop wait for a store that cannot be written.
    private static let patienceAfterStop = Duration.seconds(10)

    func run() async -> Outcome {
        // A stop must not tear a paid POST from its answer: a task of its own does not see the cancellation.
        let answer = await Task { await context.client.submit(model: job.model, input: job.input) }.value
        do {
            return try await record(answer)
        } catch let error as Recorder.GivenUp {
            context.log.error("\(error.what) cannot be recorded, and jobd stops: \(error)")
            return .unrecorded(error.what)
        } catch is Recorder.Overtaken {
            return await settleLate(answer)
        } catch {
            // What was bought and could not be written must at least be findable.
            if case .bought(let id, _) = answer {
                context.log.error("job \(job.id) is request \(id), which could not be recorded: \(error)")
            }
            return .doubted("its answer could not be recorded")
        }
    }

    /// Another jobd took this one's place while the POST was on the wire, and made the job uncertain: now it
    /// is known.
    private func settleLate(_ answer: SubmitAnswer) async -> Outcome {
        guard case .bought(let id, _) = answer else { return .doubted("another jobd has the job") }
        context.log.warning("job \(job.id) is request \(id); another jobd had made the job uncertain")
        _ = try? await Recorder(store: store, context: context).write(
            "job \(job.id), which is request \(id),"
        ) {
            // Where it was sent again meanwhile, this is another purchase: its id is kept for a person.
            guard let found = try $0.find(job.id), found.state == .uncertain,
                found.submissions == job.submissions + 1
            else { return try $0.append(.fault, ["request_id": .string(id)], job: job.id, at: $0.now) }
            _ = try $0.record(.resolved(.adopt(requestID: id)), for: job.id, in: .uncertain)
        }
        return .doubted("another jobd has the job")
    }

    private func record(_ answer: SubmitAnswer) async throws -> Outcome {
        let recorder = Recorder(
            store: store, context: context, patienceAfterStop: Self.patienceAfterStop)
        switch answer {
        case .bought(let requestID, let raw):
            do {
                let accepted = try await recorder.record(
                    .accepted(requestID: requestID, origin: context.origin), for: job.id, in: .submitting)
                context.log.info("job \(job.id) accepted as \(requestID)")
                return .accepted(accepted)
            } catch StoreError.refused {
                // Two jobs with one request: the service has mixed something up, and nobody can know what was
                // bought.
                return try await doubt("the service answered with the request of another job", raw, recorder)
            }
        case .refused(let message):
            _ = try await recorder.record(.refused(message: message), for: job.id, in: .submitting)
            context.log.warning("job \(job.id) refused: \(message)")
            return .settled
        case .unreachable(let reason):
            try await tryAgain(reason, asked: nil, recorder)
            return .noAnswer(reason)
        case .notBought(let reason, let asked):
            try await tryAgain(reason, asked: asked, recorder)
            return .later(asked: asked)
        case .accountFault(let fault, let reason):
            _ = try await recorder.record(
                .notBought(reason: reason, tryAgainAt: nil), for: job.id, in: .submitting)
            return .account(fault == .token ? .token : .balance, reason)
        case .uncertain(let reason, let raw): return try await doubt(reason, raw, recorder)
        }
    }

    private func tryAgain(_ reason: String, asked: Duration?, _ recorder: Recorder) async throws {
        // A time that is further away would be taken for one that a clock has moved.
        let wait = min(context.delay(after: failures + 1, asked: asked), context.configuration.retryMax)
        _ = try await recorder.record(
            .notBought(reason: reason, tryAgainAt: .now + wait), for: job.id, in: .submitting)
        context.log.warning("job \(job.id) not sent: \(reason)")
    }

    private func doubt(_ reason: String, _ raw: KeptAnswer, _ recorder: Recorder) async throws -> Outcome {
        let resubmits = context.configuration.onUncertain == .resubmit
        try await recorder.write("job \(job.id)") { database in
            let doubted = try database.record(
                .unanswered(reason: reason), for: job.id, in: .submitting, detail: raw.members)
            if resubmits { _ = try database.resubmitOnce(doubted) }
        }
        context.log.warning("job \(job.id) is uncertain: \(reason)")
        return .doubted(reason)
    }
}
