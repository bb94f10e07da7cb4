import Testing

@testable import JobModel

@Suite struct JobFieldTests {
    private func job(_ name: String) throws -> Job {
        try #require(Situation.all.first { $0.description == name }).job
    }

    private func after(_ event: JobEvent, _ name: String, at milliseconds: Int64 = 100) throws -> Job {
        var job = try job(name)
        job = try job.after(event, at: Timestamp(milliseconds: milliseconds))
        return job
    }

    private let now = Timestamp(milliseconds: 100)

    @Test func everyPostThatMayHaveBoughtCountsAndNoOther() throws {
        for (name, event) in JobEvent.samples {
            for situation in Situation.all {
                var job = situation.job
                guard job.apply(event, at: now) else { continue }
                let bought = ["accepted", "unanswered", "daemonRestarted"].contains(name) ? 1 : 0
                #expect(
                    job.submissions == situation.job.submissions + Int64(bought), "\(name) in \(situation)")
            }
        }
    }

    @Test func whatEndsHasAnEndAndWhatLivesHasNone() {
        for situation in Situation.all {
            for (name, event) in JobEvent.samples {
                var job = situation.job
                guard job.apply(event, at: now) else { continue }
                #expect((job.endedAt != nil) == job.state.hasEnded, "\(name) in \(situation)")
                #expect((job.failureKind != nil) == (job.state == .failed), "\(name) in \(situation)")
                if job.state.hasEnded { #expect(job.nextTryAt == nil && job.endedAt == now) }
            }
        }
    }

    @Test func theIntentIsStampedPricedAndValidated() throws {
        let sent = try after(.submitting(priceUSD: 0.5), "queued")
        #expect(sent.submittedAt == now && sent.priceUSD == 0.5)
        #expect(sent.validation == .passed)
        var waived = try job("queued")
        waived.validation = .waived
        waived = try waived.after(.submitting(priceUSD: nil), at: now)
        #expect(waived.validation == .waived)
        #expect(waived.priceUSD == nil)
    }

    @Test func acceptedAndAdoptedJobsAreFollowedFromThen() throws {
        let accepted = try after(.accepted(requestID: "fresh"), "submitting")
        #expect(accepted.requestID == "fresh" && accepted.followedSince == now && accepted.submissions == 1)
        let adopted = try after(.resolved(.adopt(requestID: "old")), "uncertain")
        #expect(adopted.requestID == "old" && adopted.followedSince == now && adopted.submissions == 1)
        #expect(adopted.message == nil)
    }

    @Test func whatWasNotBoughtLooksUnsentAndWaits() throws {
        let waiting = try after(
            .notBought(reason: "503", tryAgainAt: Timestamp(milliseconds: 900)), "submitting")
        #expect(waiting.submittedAt == nil)
        #expect(waiting.nextTryAt == Timestamp(milliseconds: 900))
        #expect(waiting.message == "503")
        #expect(waiting.submissions == 0)
        let cancelled = try after(
            .notBought(reason: "503", tryAgainAt: Timestamp(milliseconds: 900)), "submitting+wish")
        #expect(cancelled.nextTryAt == nil && cancelled.endedAt == now)
    }

    @Test func doubtSaysWhyAndWaitsForNothing() throws {
        for (event, words) in [
            (JobEvent.unanswered(reason: "cut"), "cut"),
            (.daemonRestarted, "jobd ended while the request was on the wire"),
        ] {
            let job = try after(event, "submitting")
            #expect(job.message == words && job.requestID == nil && job.nextTryAt == nil)
        }
    }

    @Test func theFirstCancelWishIsTheOneThatStands() throws {
        #expect(try after(.cancelRequested, "in_queue").cancelRequestedAt == now)
        #expect(
            try after(.cancelRequested, "in_queue+wish").cancelRequestedAt == Timestamp(milliseconds: 3))
    }

    @Test func aWishSurvivesEveryEventOfAFollowedJob() throws {
        for (name, event) in JobEvent.samples {
            for from in ["submitting+wish", "in_queue+wish", "in_progress+wish"] {
                var job = try job(from)
                guard job.apply(event, at: now) else { continue }
                #expect(job.cancelRequestedAt == Timestamp(milliseconds: 3), "\(name) in \(from)")
            }
        }
    }

    @Test func aLookIsRemembered() throws {
        let waiting = try after(
            .observed(.init(isRunning: false, word: "in_queue", queuePosition: 3)), "in_progress")
        #expect(waiting.remoteStatus == "in_queue" && waiting.queuePosition == 3 && waiting.startedAt == nil)
        var running = try after(.observed(.init(isRunning: true, word: "in_progress")), "in_queue")
        #expect(
            running.remoteStatus == "in_progress" && running.queuePosition == nil && running.startedAt == now)
        running = try running.after(
            .observed(.init(isRunning: true, word: "x")), at: Timestamp(milliseconds: 200))
        #expect(running.startedAt == now)
    }

    @Test func successKeepsWhatTheServiceSaidOfItsEndAndCost() throws {
        let told = try after(
            .succeeded(finishedAt: Timestamp(milliseconds: 50), costUSD: 0.25), "in_progress")
        #expect(told.finishedAt == Timestamp(milliseconds: 50) && told.costUSD == 0.25)
        #expect(try after(.succeeded(finishedAt: nil, costUSD: nil), "in_progress").finishedAt == now)
        var again = told
        again = try again.after(.succeeded(finishedAt: nil, costUSD: nil), at: Timestamp(milliseconds: 200))
        #expect(again.finishedAt == Timestamp(milliseconds: 50) && again.costUSD == 0.25)
    }

    @Test func aRetryOnTheOldRequestBeginsANewPeriodAndBuysNothing() throws {
        for from in ["failed/output", "failed/download", "failed/deadline", "failed/lost"] {
            let job = try after(.retried(resubmit: false), from)
            #expect(job.requestID == "r" && job.followedSince == now && job.submissions == 1, "\(from)")
            #expect(job.failureKind == nil && job.message == nil && job.endedAt == nil)
        }
    }

    @Test func aRetryThatBuysAnewForgetsTheOldRequestAndKeepsTheCount() throws {
        let froms: [(String, Bool)] = [
            ("failed/remote", false), ("failed/input", false), ("failed/lost", true), ("cancelled", false),
            ("failed/download", true),
        ]
        for (from, resubmit) in froms {
            var start = try job(from)
            start.notBefore = Timestamp(milliseconds: 77)
            start.cancelRequestedAt = Timestamp(milliseconds: 3)
            start.costUSD = 1
            var job = start
            job = try job.after(.retried(resubmit: resubmit), at: now)
            #expect(job.requestID == nil && job.followedSince == nil && job.submittedAt == nil, "\(from)")
            #expect(job.remoteStatus == nil && job.queuePosition == nil && job.costUSD == nil)
            #expect(job.startedAt == nil && job.finishedAt == nil && job.cancelRequestedAt == nil)
            #expect(job.nextTryAt == Timestamp(milliseconds: 77))
            #expect(job.submissions == start.submissions)
        }
    }
}
