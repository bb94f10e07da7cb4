internal import CMicroHTTPD
internal import Glibc
internal import System

/// libmicrohttpd with a handler, which its threads call for each request.
@safe final class WebServer: @unchecked Sendable {
    typealias Handler = @Sendable (Call) -> Answer

    @safe private struct Daemon {
        let pointer: OpaquePointer
    }

    let port: UInt16
    private let handler: Handler
    private let connected: @Sendable () -> Void
    private let sent: @Sendable (Int) -> Void
    private let suspended = SuspendedConnections()
    private let daemon = Locked<Daemon?>(nil)

    /// `connected` is called for each new connection, `sent` with the number of bytes of each body.
    init(
        address: String, port: UInt16, threads: Int, connected: @escaping @Sendable () -> Void,
        sent: @escaping @Sendable (Int) -> Void, handler: @escaping Handler
    ) throws {
        ListeningSocket.allowManyDescriptors()
        let socket = try ListeningSocket.open(address: address, port: port)
        self.port = socket.port
        self.handler = handler
        self.connected = connected
        self.sent = sent
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let started = unsafe microhttpd_start(
            socket.descriptor, UInt32(threads), 20_000, context, answerCallback, completedCallback,
            connectionCallback)
        guard let started = unsafe started else {
            close(socket.descriptor)
            throw SimulatorError("libmicrohttpd does not start: \(SystemError.last)")
        }
        daemon.withLock { $0 = unsafe Daemon(pointer: started) }
    }

    deinit { stop() }

    /// Ends all connections; no callback is called after this.
    func stop() {
        suspended.close()
        let running = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        if let running { unsafe MHD_stop_daemon(running.pointer) }
    }

    fileprivate func connectionOpened() { connected() }

    fileprivate func exchangeEnded(_ exchange: Exchange) {
        if exchange.bytesSent > 0 { sent(exchange.bytesSent) }
    }

    /// Called when the body is complete: sends the answer, or suspends the connection until it is time to.
    fileprivate func finish(
        _ exchange: Exchange, _ connection: OpaquePointer, method: String, path: String
    ) -> MHD_Result {
        if let answer = exchange.answer { return unsafe send(answer, exchange, connection) }
        let releases = suspended.releases
        let answer: Answer
        if exchange.body.count > Exchange.largestBody {
            answer = .text(413, "too large\n")
        } else {
            answer = handler(unsafe call(connection, method: method, path: path, body: exchange.body))
        }
        exchange.body = []
        exchange.answer = answer
        if answer.releasesHeld { suspended.releaseHeld() }
        if answer.isHeld || answer.delay > 0 {
            let end: SuspendedConnections.End =
                answer.isHeld ? .release(after: releases) : .after(seconds: answer.delay)
            if unsafe suspended.suspend(connection, until: end) { return .YES }
        }
        return unsafe send(answer, exchange, connection)
    }

    private func call(_ connection: OpaquePointer, method: String, path: String, body: [UInt8]) -> Call {
        let header = { (name: String) -> String? in
            let value = unsafe MHD_lookup_connection_value(connection, .HEADER_KIND, name)
            return unsafe value.map { unsafe String(cString: $0) }
        }
        var arguments: [String: String] = [:]
        unsafe withUnsafeMutablePointer(to: &arguments) { pointer in
            _ = unsafe MHD_get_connection_values(connection, .GET_ARGUMENT_KIND, argumentCallback, pointer)
        }
        return Call(
            method: method, path: path, arguments: arguments, authorization: header("Authorization"),
            host: header("Host"), range: header("Range"), ifRange: header("If-Range"), body: body)
    }

    private func send(_ answer: Answer, _ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        guard !answer.isDropped, let response = unsafe response(answer, exchange, connection) else {
            return .NO
        }
        defer { unsafe MHD_destroy_response(response) }
        for header in answer.headers { unsafe MHD_add_response_header(response, header.name, header.value) }
        return unsafe MHD_queue_response(connection, UInt32(answer.status), response)
    }

    private func response(
        _ answer: Answer, _ exchange: Exchange, _ connection: OpaquePointer
    ) -> OpaquePointer? {
        if answer.length == .exact, answer.cutAfter == nil, answer.bytesPerSecond == nil,
            answer.part.count < 16384
        {
            exchange.bytesSent = answer.part.count
            return unsafe answer.bytes[answer.part].withUnsafeBytes { bytes in
                unsafe MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        }
        let size: UInt64 =
            switch answer.length {
            case .exact: UInt64(answer.part.count)
            case .announced(let size): UInt64(size)
            case .chunked, .untilClose: UInt64.max
            }
        let source = unsafe BodySource(
            answer, connection: connection, suspended: suspended, exchange: exchange)
        let context = unsafe Unmanaged.passRetained(source).toOpaque()
        let response = unsafe MHD_create_response_from_callback(
            size, 65536, bodyCallback, context, bodyEndCallback)
        if let response = unsafe response, answer.length == .untilClose {
            unsafe microhttpd_end_body_by_close(response)
        }
        return unsafe response
    }
}

private let answerCallback: MHD_AccessHandlerCallback = {
    context, connection, url, method, _, upload, uploadSize, state in
    guard let context = unsafe context, let connection = unsafe connection, let url = unsafe url,
        let method = unsafe method, let uploadSize = unsafe uploadSize, let state = unsafe state
    else { return .NO }
    guard let known = unsafe state.pointee else {
        unsafe state.pointee = Unmanaged.passRetained(Exchange()).toOpaque()
        return .YES
    }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
    if let upload = unsafe upload, unsafe uploadSize.pointee > 0 {
        if exchange.body.count <= Exchange.largestBody {
            unsafe exchange.body.append(
                contentsOf: UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee))
        }
        unsafe uploadSize.pointee = 0
        return .YES
    }
    let server = unsafe Unmanaged<WebServer>.fromOpaque(context).takeUnretainedValue()
    return unsafe server.finish(
        exchange, connection, method: String(cString: method), path: String(cString: url))
}

private let completedCallback: MHD_RequestCompletedCallback = { context, _, state, _ in
    guard let context = unsafe context, let state = unsafe state, let known = unsafe state.pointee else {
        return
    }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(known).takeRetainedValue()
    unsafe state.pointee = nil
    unsafe Unmanaged<WebServer>.fromOpaque(context).takeUnretainedValue().exchangeEnded(exchange)
}

private let connectionCallback: MHD_NotifyConnectionCallback = { context, _, _, event in
    guard let context = unsafe context, event == .CONNECTION_NOTIFY_STARTED else { return }
    unsafe Unmanaged<WebServer>.fromOpaque(context).takeUnretainedValue().connectionOpened()
}

private let argumentCallback: MHD_KeyValueIterator = { context, _, name, value in
    guard let context = unsafe context, let name = unsafe name else { return .YES }
    let arguments = unsafe context.assumingMemoryBound(to: [String: String].self)
    unsafe arguments.pointee[String(cString: name)] = unsafe value.map { unsafe String(cString: $0) } ?? ""
    return .YES
}

private let bodyCallback: MHD_ContentReaderCallback = { context, position, buffer, room in
    guard let context = unsafe context, let buffer = unsafe buffer else { return -2 }
    let source = unsafe Unmanaged<BodySource>.fromOpaque(context).takeUnretainedValue()
    return unsafe source.read(at: Int(position), into: buffer, atMost: room)
}

private let bodyEndCallback: MHD_ContentReaderFreeCallback = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<BodySource>.fromOpaque(context).release()
}
