internal import CCurl

/// One libcurl easy handle. Options that never change are set once, so that a request takes few calls.
@safe final class EasyHandle {
    let easy: UnsafeMutableRawPointer
    /// The exchange that the handle is used for, if any.
    private(set) var ticket: Ticket?

    private unowned let loop: TransferLoop
    private let settings: TransferSettings
    private let reasonText: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// What the list was made from: most requests of a handle have the same headers as the one before.
    private var headerLines: [String] = []
    private var decodesBody = false
    private var isDirect = false
    private var isNamedDelete = false
    /// The last request, if it was a GET: most have only another path.
    private var last: HTTPRequest?

    private static let reasonSize = Int(CURL_ERROR_SIZE)
    /// Enough for an API's answer, and little memory for each of many connections.
    private static let answerBuffer = 16 << 10

    init?(_ settings: TransferSettings, _ loop: TransferLoop) {
        guard let easy = unsafe curl_easy_init() else { return nil }
        unsafe self.easy = easy
        self.loop = loop
        self.settings = settings
        unsafe reasonText = .allocate(capacity: Self.reasonSize)
        unsafe reasonText.initialize(repeating: 0, count: Self.reasonSize)
        setConstantOptions()
        settings.apply { option, text in unsafe ccurl_set_text(easy, option, text) }
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(headerList)
        unsafe reasonText.deallocate()
    }

    static func of(_ easy: UnsafeMutableRawPointer?) -> EasyHandle? {
        guard let pointer = unsafe ccurl_private(easy) else { return nil }
        return unsafe Unmanaged<EasyHandle>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Sets the handle up for a ticket's request; returns why it cannot be sent, or nil.
    func prepare(_ ticket: Ticket) -> HTTPError? {
        let request = ticket.request
        if let fault = request.fault { return .badRequest(fault) }
        self.ticket = ticket
        ticket.handle = self
        unsafe reasonText.pointee = 0
        unsafe ccurl_set_text(easy, CURLOPT_URL, request.url)
        if ticket.sink == nil, let last, request.isLike(last) { return nil }
        last = ticket.sink == nil && request.method == .get ? request : nil
        setOptions(request, hasSink: ticket.sink != nil)
        return nil
    }

    private func setOptions(_ request: HTTPRequest, hasSink: Bool) {
        setMethod(request.method)
        setHeaders(request)
        if request.decodesBody != decodesBody {
            decodesBody = request.decodesBody
            unsafe ccurl_set_text(easy, CURLOPT_ACCEPT_ENCODING, decodesBody ? "identity" : nil)
        }
        let goesDirectly = request.isDirect
        if goesDirectly != isDirect {
            isDirect = goesDirectly
            // Without a value the environment decides; an empty value means no proxy.
            unsafe ccurl_set_text(easy, CURLOPT_PROXY, isDirect ? "" : nil)
        }
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.milliseconds))
        set(CURLOPT_TIMEOUT_MS, request.answerTimeout.map { max(1, $0.milliseconds) } ?? 0)
        set(CURLOPT_BUFFERSIZE, hasSink ? settings.downloadBuffer : Self.answerBuffer)
    }

    /// Releases the ticket, once libcurl has released the handle.
    func release() -> Ticket? {
        if let ticket, ticket.request.method != .get {
            unsafe ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, nil)
        }
        ticket?.handle = nil
        return ticket.take()
    }

    /// libcurl's description of how a transfer ended.
    func reason(_ result: CURLcode) -> String {
        let detail = unsafe String(cString: reasonText)
        return detail.isEmpty ? unsafe String(cString: curl_easy_strerror(result)) : detail
    }

    private func set(_ option: CURLoption, _ value: Int) { unsafe ccurl_set_long(easy, option, value) }

    private func setMethod(_ method: HTTPRequest.Method) {
        // This takes back whatever another method has set.
        set(CURLOPT_HTTPGET, 1)
        if isNamedDelete != (method == .delete) {
            isNamedDelete = method == .delete
            unsafe ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, isNamedDelete ? "DELETE" : nil)
        }
        // libcurl repeats a request, even a POST, if a reused connection breaks before the first byte of the
        // answer. On a new HTTP/1.1 connection it never does. Nor is it kept: the next request would have to
        // check each idle connection.
        set(CURLOPT_FRESH_CONNECT, method.maySpend ? 1 : 0)
        set(CURLOPT_FORBID_REUSE, method.maySpend ? 1 : 0)
        switch method {
        case .get, .delete: break
        case .head: set(CURLOPT_NOBODY, 1)
        case .put(let part):
            set(CURLOPT_UPLOAD, 1)
            unsafe ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(part.count))
        case .post(let body):
            unsafe ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            // An empty array may have no address, and then libcurl would ask for the body.
            unsafe (body.isEmpty ? [0] : body).withUnsafeBytes { bytes in
                let text = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress
                unsafe ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, text)
            }
        case .stream(let body):
            // Without fields, libcurl asks `sendBody`. It cannot go back in the body, so it cannot repeat it.
            set(CURLOPT_POST, 1)
            unsafe ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.size))
        }
    }

    private func setHeaders(_ request: HTTPRequest) {
        // Without this, a large POST would wait for the server's permission to continue. A large file does
        // wait, for at most a second: it may be refused before it is sent.
        var lines = request.method.maySpend ? ["Expect:"] : []
        // An empty value is written with a semicolon: with a colon libcurl would omit the header.
        lines += request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if let token = request.bearerToken { lines.append("Authorization: Bearer \(token)") }
        if lines == headerLines { return }
        unsafe curl_slist_free_all(headerList)
        unsafe headerList = nil
        for line in lines { unsafe headerList = curl_slist_append(headerList, line) }
        headerLines = lines
        unsafe ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func setConstantOptions() {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_HEADERDATA,
            CURLOPT_PREREQDATA, CURLOPT_OPENSOCKETDATA,
        ] {
            unsafe ccurl_set_pointer(easy, option, me)
        }
        unsafe ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, reasonText)
        unsafe ccurl_set_receiver(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        unsafe ccurl_set_receiver(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
        unsafe ccurl_set_sender(easy, sendBody)
        unsafe ccurl_set_seeker(easy, rewindBody)
        unsafe ccurl_set_before_request(easy, beforeRequest)
        unsafe ccurl_set_opener(easy, openSocket)
        unsafe ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // A URL with a login is refused, because the login would appear in messages.
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        // Ending a transfer during its name lookup must not block all others.
        set(CURLOPT_QUICK_EXIT, 1)
    }
}
