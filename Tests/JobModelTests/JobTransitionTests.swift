import Testing

@testable import JobModel

@Suite struct JobTransitionTests {
    /// The whole life of a job, written down a second time. What is not here does not happen.
    static let table = """
        held               queued>held
        released           held>queued
        cancelRequested    held>cancelled queued>cancelled
        cancelRequested    submitting>submitting in_queue>in_queue in_progress>in_progress
        cancelRequested    submitting+wish>submitting in_queue+wish>in_queue in_progress+wish>in_progress
        retried            failed/input>queued failed/remote>queued failed/lost>in_progress cancelled>queued
        retried            failed/output>in_progress failed/deadline>in_progress failed/download>downloading
        retried+resubmit   failed/input>queued failed/remote>queued failed/lost>queued cancelled>queued
        retried+resubmit   failed/output>queued failed/deadline>queued failed/download>queued
        resolved+resubmit  uncertain>queued
        resolved+abandon   uncertain>cancelled
        resolved+adopt     uncertain>in_queue
        givenUp            downloading>failed
        refetched          completed>downloading downloading>downloading failed/download>downloading
        submitting         queued>submitting
        accepted           submitting>in_queue submitting+wish>in_queue
        notBought          submitting>queued submitting+wish>cancelled
        refused            queued>failed submitting>failed submitting+wish>failed
        unanswered         submitting>uncertain submitting+wish>uncertain
        daemonRestarted    submitting>uncertain submitting+wish>uncertain
        observed           in_queue>in_queue in_progress>in_queue in_queue+wish>in_queue in_progress+wish>in_queue
        observed+running   in_queue>in_progress in_progress>in_progress
        observed+running   in_queue+wish>in_progress in_progress+wish>in_progress
        succeeded          in_queue>downloading in_progress>downloading downloading>downloading
        succeeded          in_queue+wish>downloading in_progress+wish>downloading
        cancelledRemotely  in_queue>cancelled in_progress>cancelled
        cancelledRemotely  in_queue+wish>cancelled in_progress+wish>cancelled
        failed+remote      in_queue>failed in_progress>failed in_queue+wish>failed in_progress+wish>failed
        failed+lost        in_queue>failed in_progress>failed in_queue+wish>failed in_progress+wish>failed
        failed+output      in_queue>failed in_progress>failed in_queue+wish>failed in_progress+wish>failed
        failed+deadline    in_queue>failed in_progress>failed in_queue+wish>failed in_progress+wish>failed
        failed+download    downloading>failed
        fetched            downloading>completed
        """

    /// By event, then by situation: the state that follows.
    static let expected: [String: [String: String]] = table.split(separator: "\n").reduce(into: [:]) {
        table, line in
        let words = line.split(separator: " ")
        for pair in words.dropFirst() {
            let ends = pair.split(separator: ">")
            table[String(words[0]), default: [:]][String(ends[0])] = String(ends[1])
        }
    }

    @Test(
        "Every event in every situation does what the table says, and nothing else", arguments: Situation.all)
    func transitions(of situation: Situation) {
        for (name, event) in JobEvent.samples {
            let next = situation.job.state(after: event)?.rawValue
            #expect(next == Self.expected[name]?[situation.description], "\(name) in \(situation)")
            var job = situation.job
            let accepted = job.apply(event, at: Timestamp(milliseconds: 100))
            #expect(accepted == (next != nil), "\(name) in \(situation)")
            if !accepted {
                #expect(job == situation.job, "\(name) in \(situation) was refused but left a trace")
            }
            if let next { #expect(job.state.rawValue == next, "\(name) in \(situation)") }
        }
    }

    @Test func theTableNamesNothingThatDoesNotExist() {
        let events = Set(JobEvent.samples.map(\.name))
        let situations = Set(Situation.all.map(\.description))
        for (event, pairs) in Self.expected {
            #expect(events.contains(event))
            for (from, to) in pairs { #expect(situations.contains(from) && JobState(rawValue: to) != nil) }
        }
        #expect(Set(JobState.allCases.map(\.rawValue)).count == 10)
        #expect(
            JobState.allWords
                == "held, queued, submitting, uncertain, in_queue, in_progress, downloading, completed, failed, cancelled"
        )
    }

    @Test func anEndIsFinalButForRetry() {
        for situation in Situation.all where situation.job.state.hasEnded {
            for (name, event) in JobEvent.samples where !name.hasPrefix("retried") && name != "refetched" {
                #expect(situation.job.state(after: event) == nil, "\(name) in \(situation)")
            }
        }
        for (name, event) in JobEvent.samples where name != "refetched" {
            #expect(Situation.all.first { $0.description == "completed" }?.job.state(after: event) == nil)
        }
    }

    @Test func theOnlyWayOntoTheWireIsTheAnnouncedIntent() {
        for situation in Situation.all {
            for (name, event) in JobEvent.samples
            where situation.job.state != .submitting && situation.job.state(after: event) == .submitting {
                #expect(situation.job.state == .queued && name == "submitting")
            }
        }
    }

    @Test func exactlyTheFailuresOfWhatWasPaidForKeepTheirRequest() {
        let keeping = FailureKind.allCases.filter(\.retryKeepsRequest).map(\.rawValue)
        #expect(keeping == ["lost", "output", "download", "deadline"])
    }
}
