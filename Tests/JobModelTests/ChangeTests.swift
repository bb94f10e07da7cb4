import JSON
import Testing

@testable import JobModel

@Suite struct ChangeTests {
    private static let now = Timestamp(milliseconds: 100)

    /// All that can happen to a job, written down a second time: an event and where it is allowed, then
    /// what changes, the outputs, the charge and the history. What is not here does not happen.
    private static let table = """
        held queued
            state=held held{}
        setAside queued
            state=held message=why held{"message":"why"}
        released held
            state=queued released{}
        cancelRequested held queued
            state=cancelled cancelRequestedAt=@100 endedAt=@100 cancel_requested{} ended{"state":"cancelled"}
        cancelRequested submitting in_queue in_progress
            cancelRequestedAt=@100 cancel_requested{}
        cancelRequested submitting+wish in_queue+wish in_progress+wish
            cancel_requested{}
        retried failed/input
            state=queued failureKind=- message=- submittedAt=- endedAt=- nextTryAt=@6 outputs:
            retried{"resubmit":true,"state":"queued"}
        retried failed/remote
            state=queued requestID=- remoteStatus=- failureKind=- message=- submittedAt=- startedAt=- endedAt=-
            nextTryAt=@6 followedSince=- origin=- outputs:
            retried{"resubmit":true,"state":"queued","request_id":"r"}
        retried failed/lost failed/output failed/deadline
            state=inProgress failureKind=- message=- endedAt=- followedSince=@100
            retried{"resubmit":false,"state":"in_progress","request_id":"r"}
        retried failed/download
            state=downloading failureKind=- message=- endedAt=- followedSince=@100 outputs:restarted
            retried{"resubmit":false,"state":"downloading","request_id":"r"}
        retried cancelled
            state=queued requestID=- remoteStatus=- cancelRequestedAt=- submittedAt=- startedAt=- endedAt=-
            nextTryAt=@6 followedSince=- origin=- outputs:
            retried{"resubmit":true,"state":"queued","request_id":"r"}
        retried+resubmit failed/input
            state=queued failureKind=- message=- submittedAt=- endedAt=- nextTryAt=@6 outputs:
            retried{"resubmit":true,"state":"queued"}
        retried+resubmit failed/remote failed/lost failed/output failed/deadline
            state=queued requestID=- remoteStatus=- failureKind=- message=- submittedAt=- startedAt=- endedAt=-
            nextTryAt=@6 followedSince=- origin=- outputs:
            retried{"resubmit":true,"state":"queued","request_id":"r"}
        retried+resubmit failed/download
            state=queued requestID=- remoteStatus=- failureKind=- message=- costUSD=- submittedAt=- startedAt=-
            finishedAt=- endedAt=- nextTryAt=@6 followedSince=- origin=- outputs:
            retried{"resubmit":true,"state":"queued","request_id":"r"}
        retried+resubmit cancelled
            state=queued requestID=- remoteStatus=- cancelRequestedAt=- submittedAt=- startedAt=- endedAt=-
            nextTryAt=@6 followedSince=- origin=- outputs:
            retried{"resubmit":true,"state":"queued","request_id":"r"}
        resolved+resubmit uncertain
            state=queued message=- submittedAt=- nextTryAt=@6 resolved{"as":"resubmit"}
        resolved+abandon uncertain
            state=cancelled endedAt=@100 resolved{"as":"abandon"} ended{"state":"cancelled"}
        resolved+adopt uncertain
            state=inQueue requestID=adopted message=- followedSince=@100
            resolved{"as":"adopt","request_id":"adopted"}
        resolved+adopt held
            state=inQueue requestID=adopted submittedAt=@100 followedSince=@100 inputRemovedAt=@100
            charge:0:opened:-1.0 resolved{"as":"adopt","request_id":"adopted","input":"unknown"}
        givenUp downloading
            state=failed failureKind=download message=given up by a person before all files were here endedAt=@100
            outputs:givenUp cancel_requested{"give_up":true}
            ended{"state":"failed","error_kind":"download","error_message":"given up by a person before all files
            were here"}
        refetched downloading
            followedSince=@100 outputs:restarted retried{"state":"downloading"}
        refetched completed
            state=downloading endedAt=- followedSince=@100 outputs:restarted retried{"state":"downloading"}
        refetched failed/download
            state=downloading failureKind=- message=- endedAt=- followedSince=@100 outputs:restarted
            retried{"state":"downloading"}
        submitting queued
            state=submitting validation=passed priceUSD=0.5 submittedAt=@100 charge:1:opened:0.5
            submitting{"price_usd":0.5}
        accepted submitting submitting+wish
            state=inQueue requestID=fresh submissions=1 followedSince=@100 origin=here
            accepted{"request_id":"fresh","origin":"here"}
        notBought submitting
            state=queued message=503 submittedAt=- nextTryAt=@5000 charge:1:dropped
            fault{"message":"503","try_again_at":"1970-01-01 00:00:05.000"}
        notBought submitting+wish
            state=cancelled message=503 submittedAt=- endedAt=@100 charge:1:dropped
            fault{"message":"503","try_again_at":"1970-01-01 00:00:05.000"} ended{"state":"cancelled"}
        refused queued
            state=failed failureKind=input message=no prompt endedAt=@100 refused{"message":"no prompt"}
            ended{"state":"failed","error_kind":"input","error_message":"no prompt"}
        refused submitting submitting+wish
            state=failed failureKind=input message=no prompt endedAt=@100 charge:1:dropped refused{"message":"no
            prompt"} ended{"state":"failed","error_kind":"input","error_message":"no prompt"}
        unanswered submitting submitting+wish
            state=uncertain submissions=1 message=cut uncertain{"message":"cut"}
        daemonRestarted submitting submitting+wish
            state=uncertain submissions=1 message=jobd ended while the request was on the wire
            uncertain{"message":"jobd ended while the request was on the wire"}
        observed in_queue in_queue+wish
            queuePosition=3 status{"status":"in_queue","queue_position":3}
        observed in_progress in_progress+wish
            state=inQueue queuePosition=3 status{"status":"in_queue","queue_position":3}
        observed+running in_queue in_queue+wish
            state=inProgress remoteStatus=in_progress queuePosition=- startedAt=@100
            status{"status":"in_progress"}
        observed+running in_progress in_progress+wish
            remoteStatus=in_progress queuePosition=- status{"status":"in_progress"}
        succeeded in_queue in_queue+wish in_progress in_progress+wish
            state=downloading remoteStatus=succeeded queuePosition=- costUSD=0.25 finishedAt=@50 outputs:
            1:image:a 2:video:b charge:1:settled:0.25 status{"status":"succeeded"}
        succeeded downloading
            remoteStatus=succeeded costUSD=0.25 finishedAt=@50 outputs: 1:image:a 2:video:b charge:1:settled:0.25
            status{"status":"succeeded"}
        succeeded+untold in_queue in_queue+wish in_progress in_progress+wish
            state=downloading remoteStatus=succeeded queuePosition=- finishedAt=@100 outputs: 1:image:a 2:video:b
            status{"status":"succeeded"}
        succeeded+untold downloading
            remoteStatus=succeeded outputs: 1:image:a 2:video:b charge:1:settled:0.5 status{"status":"succeeded"}
        cancelledRemotely in_queue in_queue+wish in_progress in_progress+wish
            state=cancelled remoteStatus=cancelled queuePosition=- endedAt=@100 charge:1:settled:0.0
            status{"status":"cancelled"} ended{"state":"cancelled"}
        cancelledRemotely+due in_queue in_queue+wish in_progress in_progress+wish
            state=cancelled remoteStatus=cancelled queuePosition=- endedAt=@100 status{"status":"cancelled"}
            ended{"state":"cancelled"}
        cancelledRemotely+cost in_queue in_queue+wish in_progress in_progress+wish
            state=cancelled remoteStatus=cancelled queuePosition=- costUSD=0.25 endedAt=@100 charge:1:settled:0.25
            status{"status":"cancelled"} ended{"state":"cancelled"}
        fetched downloading
            state=completed endedAt=@100 outputs:allDone ended{"state":"completed"}
        failed+cost in_queue in_queue+wish in_progress in_progress+wish
            state=failed queuePosition=- failureKind=output message=why costUSD=0.25 endedAt=@100
            charge:1:settled:0.25 ended{"state":"failed","error_kind":"output","error_message":"why"}
        failed+remote in_queue in_queue+wish in_progress in_progress+wish
            state=failed remoteStatus=failed queuePosition=- failureKind=remote message=why endedAt=@100
            ended{"state":"failed","error_kind":"remote","error_message":"why"}
        failed+lost in_queue in_queue+wish in_progress in_progress+wish
            state=failed remoteStatus=not_found queuePosition=- failureKind=lost message=why endedAt=@100
            ended{"state":"failed","error_kind":"lost","error_message":"why"}
        failed+output in_queue in_queue+wish in_progress in_progress+wish
            state=failed queuePosition=- failureKind=output message=why endedAt=@100
            ended{"state":"failed","error_kind":"output","error_message":"why"}
        failed+download downloading
            state=failed failureKind=download message=why endedAt=@100 charge:1:settled:0.5
            ended{"state":"failed","error_kind":"download","error_message":"why"}
        failed+deadline in_queue in_queue+wish in_progress in_progress+wish
            state=failed queuePosition=- failureKind=deadline message=why endedAt=@100
            ended{"state":"failed","error_kind":"deadline","error_message":"why"}
        """

    /// By event, then by situation: the change.
    private static let expected: [String: [String: String]] = {
        var expected: [String: [String: String]] = [:]
        var (event, situations): (String, [String]) = ("", [])
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard line.hasPrefix(" ") else {
                (event, situations) = (words[0], Array(words.dropFirst()))
                continue
            }
            for situation in situations {
                let known = expected[event, default: [:]][situation].map { $0 + " " } ?? ""
                expected[event, default: [:]][situation] = known + words.joined(separator: " ")
            }
        }
        return expected
    }()

    @Test(arguments: Situation.all)
    func `every event in every situation means what the table says`(in situation: Situation) {
        for (name, event) in JobEvent.samples {
            let found = Change(
                of: situation.job, by: event, named: [(.image, "a"), (.video, "b"), (.image, "a")],
                at: Self.now)
            #expect(found?.line == Self.expected[name]?[situation.description], "\(name) in \(situation)")
            #expect(found?.job.state == situation.job.state(after: event))
        }
    }

    @Test func `the table names nothing that does not exist`() {
        let situations = Set(Situation.all.map(\.description))
        #expect(Set(Self.expected.keys).isSubset(of: JobEvent.samples.map(\.name)))
        #expect(Self.expected.values.allSatisfy { situations.isSuperset(of: $0.keys) })
        #expect(
            JobState.allCases.map(\.rawValue).joined(separator: ", ")
                == "held, queued, submitting, uncertain, in_queue, in_progress, downloading, completed, failed, cancelled"
        )
    }

    private func job(_ name: String) throws -> Job {
        try #require(Situation.all.first { $0.description == name }).job
    }

    private func line(_ job: Job, _ event: JobEvent, detail: JSONObject = [:]) throws -> String {
        try #require(Change(of: job, by: event, detail: detail, at: Self.now)).line
    }

    @Test func `what is not known is not said`() throws {
        let (queued, sent) = (try job("queued"), try job("submitting"))
        #expect(
            try line(queued, .submitting(priceUSD: nil))
                == "state=submitting validation=passed submittedAt=@100 charge:1:opened:-1.0 submitting{}")
        #expect(
            try line(sent, .accepted(requestID: "r"))
                == #"state=inQueue requestID=r submissions=1 followedSince=@100 accepted{"request_id":"r"}"#)
        #expect(
            try line(sent, .notBought(reason: "402", tryAgainAt: nil))
                == #"state=queued message=402 submittedAt=- charge:1:dropped fault{"message":"402"}"#)
    }

    @Test func `a waiver stays`() throws {
        var waived = try job("queued")
        waived.validation = .waived
        #expect(try !line(waived, .submitting(priceUSD: 1)).contains("validation"))
    }

    @Test func `what the caller adds is said of the cause or else of the end`() throws {
        let extra: JSONObject = ["by": "jobctl", "answer": .null]
        let (held, last) = (try job("held"), try job("downloading"))
        #expect(
            try line(held, .cancelRequested, detail: extra)
                .hasSuffix(#" cancel_requested{"by":"jobctl"} ended{"state":"cancelled"}"#))
        #expect(
            try line(last, .fetched, detail: extra).hasSuffix(#" ended{"state":"completed","by":"jobctl"}"#))
    }

    @Test func `setting changes what it names and clears what it is told to`() throws {
        func line(_ job: Job, _ changes: JobChanges) -> String {
            Change(of: job, setting: changes, at: Self.now).line
        }
        var job = try job("queued")
        #expect(
            line(job, JobChanges(label: "x", priority: 3))
                == #"priority=3 label=x changed{"label":"x","priority":3}"#)
        #expect(
            line(job, JobChanges(label: .some(nil), notBefore: .some(nil)))
                == #"notBefore=- changed{"label":null,"not_before":null}"#)
        let later = JobChanges(notBefore: Timestamp(milliseconds: 50))
        #expect(line(job, later).hasPrefix("notBefore=@50 nextTryAt=@50 changed"))
        // The time that it waits for is one that a person set; else the service asked for it, and it stays.
        job.nextTryAt = job.notBefore
        #expect(line(job, JobChanges(notBefore: .some(nil))).hasPrefix("notBefore=- nextTryAt=- changed"))
        job.nextTryAt = Timestamp(milliseconds: 70)
        #expect(line(job, later).hasPrefix("notBefore=@50 changed"))
        #expect(line(job, JobChanges(label: "x")) == #"label=x changed{"label":"x"}"#)
    }

    @Test func `a cost told late is of a finished job`() throws {
        let finished = Change(of: try job("downloading"), costUSD: 0.75, at: Self.now)
        #expect(finished?.line == "costUSD=0.75 charge:1:settled:0.75")
        #expect(Change(of: try job("completed"), costUSD: 0.75, at: Self.now) == nil)
    }
}

extension Change {
    /// All that it says, on one line.
    fileprivate var line: String {
        var parts: [String] = []
        for (old, new) in zip(Mirror(reflecting: before).children, Mirror(reflecting: job).children) {
            let (old, label, new) = (Self.text(old.value), new.label ?? "", Self.text(new.value))
            if old != new { parts.append("\(label)=\(new)") }
        }
        switch outputs {
        case .unchanged: break
        case .named(let outputs):
            parts += ["outputs:"] + outputs.map { "\($0.position):\($0.kind):\($0.url)" }
        case .restarted, .givenUp, .allDone: parts.append("outputs:\(outputs)")
        }
        switch charge {
        case .unchanged: break
        case .opened(let submission, let price): parts.append("charge:\(submission):opened:\(price ?? -1)")
        case .dropped(let submission): parts.append("charge:\(submission):dropped")
        case .settled(let submission, let cost): parts.append("charge:\(submission):settled:\(cost)")
        }
        parts += history.map { "\($0.kind.rawValue)\(JSON.object($0.detail).text)" }
        return parts.joined(separator: " ")
    }

    private static func text(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional { return mirror.children.first.map { text($0.value) } ?? "-" }
        return (value as? Timestamp).map { "@\($0.milliseconds)" } ?? "\(value)"
    }
}
