internal import CCurl
internal import System

/// The thread that owns the multi handle and runs everything that libcurl calls.
@safe final class TransferLoop: @unchecked Sendable {
    private let multi: UnsafeMutableRawPointer
    private let inbox: Inbox
    private let settings: TransferSettings
    /// Handles to use again.
    private var idle: [EasyHandle] = []
    private var active: [ObjectIdentifier: EasyHandle] = [:]
    private var finished: [(ticket: Ticket, outcome: Ticket.Outcome)] = []
    /// Answers to compared requests, and how many of those are under way.
    private var held = HeldAnswers()
    private var compared = 0
    /// When to look for transfers that are silent or drip; nil if no transfer has such a limit.
    private var nextLook: SuspendingClock.Instant?

    /// Further idle handles are freed: each takes a few kilobytes.
    private static let maximumIdle = 64

    init(settings: TransferSettings, maximumConnections: Int, maximumConnectionsPerHost: Int)
        throws(HTTPError)
    {
        guard Self.library == CURLE_OK, let multi = unsafe curl_multi_init() else {
            throw .unavailable("libcurl cannot be started")
        }
        unsafe self.multi = multi
        self.settings = settings
        inbox = Inbox { [address = UInt(bitPattern: multi)] in
            _ = unsafe curl_multi_wakeup(UnsafeMutableRawPointer(bitPattern: address))
        }
        for (option, value) in [
            (CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections), (CURLMOPT_MAXCONNECTS, maximumConnections),
            (CURLMOPT_MAX_HOST_CONNECTIONS, maximumConnectionsPerHost),
        ] {
            unsafe ccurl_set_multi(multi, option, value)
        }
        // Without free file descriptors, the multi handle cannot be woken.
        guard unsafe curl_multi_wakeup(multi) == CURLM_OK else {
            unsafe curl_multi_cleanup(multi)
            throw .unavailable("libcurl cannot be woken: are there no free file descriptors?")
        }
        try start()
    }

    func submit(_ ticket: Ticket) {
        if !inbox.submit(ticket) { ticket.finish(.failure(.cancelled)) }
    }

    func submit(_ tickets: [Ticket]) {
        if !inbox.submit(tickets) { for ticket in tickets { ticket.finish(.failure(.cancelled)) } }
    }

    func cancel(_ ticket: Ticket) { inbox.cancel(ticket) }
    func ask(_ asker: CheckedContinuation<Void, Never>) { if !inbox.ask(asker) { asker.resume() } }
    func close() { inbox.close() }
    func whenEnded(_ continuation: CheckedContinuation<Void, Never>) { inbox.whenEnded(continuation) }

    /// libcurl's own setup, once per process.
    private static let library = ccurl_global_init()

    private func start() throws(HTTPError) {
        do throws(SystemError) { try Threads.start { self.run() } } catch {
            unsafe curl_multi_cleanup(multi)
            throw .unavailable("a thread cannot be created: \(error)")
        }
    }

    private func run() {
        while true {
            let work = inbox.collect()
            for asker in work.askers { asker.resume() }
            if work.isClosed {
                abandon(work.submitted)
                return
            }
            for ticket in work.submitted { begin(ticket) }
            for ticket in work.cancelled { stop(ticket, .cancelled) }
            var running: Int32 = 0
            unsafe curl_multi_perform(multi, &running)
            finishTransfers()
            endSilentTransfers()
            answer()
            if inbox.maySleep() { unsafe curl_multi_poll(multi, nil, 0, timeToLook(), nil) }
        }
    }

    private func begin(_ ticket: Ticket) {
        let request = ticket.request
        ticket.checksAddress =
            request.publicAddressesOnly && (request.isDirect || !settings.mayUseProxy(request.url))
        guard let handle = idle.popLast() ?? EasyHandle(settings, self) else {
            return ticket.finish(.failure(.neverConnected("no memory for a transfer")))
        }
        if let fault = handle.prepare(ticket) {
            recycle(handle)
            return ticket.finish(.failure(fault))
        }
        if let bound = ticket.request.silenceTimeout { look(at: .now + bound) }
        if let window = ticket.request.givesWay?.window { look(at: .now + window) }
        active[ObjectIdentifier(handle)] = handle
        if ticket.comparison != nil { compared += 1 }
        let added = unsafe curl_multi_add_handle(multi, handle.easy)
        if added != CURLM_OK { end(handle, CURLE_OUT_OF_MEMORY) }
    }

    private func finishTransfers() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            let result = unsafe ccurl_result(message)
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let handle = unsafe EasyHandle.of(message.pointee.easy_handle)
            else { continue }
            end(handle, result)
        }
    }

    private func stop(_ ticket: Ticket, _ reason: Ticket.Stop) {
        guard let handle = ticket.handle else { return }
        ticket.stopped = reason
        end(handle, CURLE_ABORTED_BY_CALLBACK)
    }

    /// Removes a transfer from libcurl, after which no callback runs for it, and notes its outcome.
    private func end(_ handle: EasyHandle, _ result: CURLcode) {
        unsafe curl_multi_remove_handle(multi, handle.easy)
        active[ObjectIdentifier(handle)] = nil
        let reason = result == CURLE_OK ? "" : handle.reason(result)
        let ticket = handle.release()
        recycle(handle)
        guard let ticket else { return }
        ticket.endBody()
        guard let comparison = ticket.comparison else {
            return finished.append((ticket, ticket.outcome(result, reason)))
        }
        compared -= 1
        let answer = ticket.compared(result, reason, with: comparison.known)
        held.add(answer, tag: comparison.tag, for: comparison.receiver, at: .now)
    }

    /// Resumes the waiting tasks together, so that their threads are woken once, not for each.
    private func answer() {
        for (ticket, outcome) in finished { ticket.finish(outcome) }
        finished.removeAll(keepingCapacity: true)
        held.handOverIfDue(isLast: compared == 0, at: .now)
    }

    private func recycle(_ handle: EasyHandle) {
        if idle.count < Self.maximumIdle { idle.append(handle) }
    }

    private func abandon(_ submitted: [Ticket]) {
        for ticket in submitted { ticket.finish(.failure(.cancelled)) }
        for handle in active.values {
            handle.ticket?.stopped = .cancelled
            end(handle, CURLE_ABORTED_BY_CALLBACK)
        }
        answer()
        idle = []
        inbox.end { unsafe curl_multi_cleanup(multi) }
    }
}

/// Silence and drips. libcurl's own check averages over whole seconds: it mistakes a slow drip for silence.
extension TransferLoop {
    private func endSilentTransfers() {
        guard let due = nextLook, case let now = SuspendingClock.now, due <= now else { return }
        nextLook = nil
        for handle in active.values {
            guard let ticket = handle.ticket else { continue }
            if let bound = ticket.request.silenceTimeout {
                // Before the request has left, the limit on connecting applies.
                let end = (ticket.heard ?? now) + bound
                if end <= now {
                    stop(ticket, .silence)
                    continue
                }
                look(at: end)
            }
            endIfDripping(ticket, at: now)
        }
    }

    private func endIfDripping(_ ticket: Ticket, at now: SuspendingClock.Instant) {
        guard let way = ticket.request.givesWay else { return }
        let (drips, next) = ticket.drip.look(at: now, window: way.window)
        if drips, way.isWanted() { stop(ticket, .gaveWay) } else { look(at: next) }
    }

    private func look(at time: SuspendingClock.Instant) { nextLook = min(nextLook ?? time, time) }

    /// In milliseconds. Without transfers, only a wake-up ends the sleep.
    private func timeToLook() -> Int32 {
        guard let next = [nextLook, held.end].compactMap(\.self).min() else { return Int32.max }
        return Int32(clamping: max(SuspendingClock.now.duration(to: next), .zero).milliseconds + 1)
    }
}
