internal import CCurl
internal import Glibc

/// Functions that libcurl calls, always on the transfer thread. The pointer is the `EasyHandle`.

func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ handle: UnsafeMutableRawPointer?
) -> Int {
    guard let ticket = unsafe ticket(of: handle), let bytes = unsafe bytes else { return 0 }
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe ticket.receive(header: line) ? size * count : 0
}

func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ handle: UnsafeMutableRawPointer?
) -> Int {
    guard let ticket = unsafe ticket(of: handle), let bytes = unsafe bytes else { return 0 }
    let part = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe ticket.receive(body: part) ? size * count : 0
}

/// Asks for the next part of a body that is read while it is sent.
func sendBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ handle: UnsafeMutableRawPointer?
) -> Int {
    guard let ticket = unsafe ticket(of: handle), let bytes = unsafe bytes else {
        return Int(CURL_READFUNC_ABORT)
    }
    let room = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return unsafe ticket.send(into: room) ?? Int(CURL_READFUNC_ABORT)
}

/// libcurl sends a body again if it repeats the request. A request that may cost money is never repeated.
func rewindBody(_ handle: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    guard let ticket = unsafe ticket(of: handle), origin == SEEK_SET, ticket.rewind(to: Int64(offset)) else {
        return CURL_SEEKFUNC_FAIL
    }
    return CURL_SEEKFUNC_OK
}

/// Runs when the connection is ready, including handshake and proxy, just before the request is sent.
///
/// The address is checked again, because the connection may be one that an earlier request made.
func beforeRequest(
    _ handle: UnsafeMutableRawPointer?, _ remote: UnsafeMutablePointer<CChar>?,
    _ local: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
    guard let ticket = unsafe ticket(of: handle), let remote = unsafe remote else {
        return CURL_PREREQFUNC_ABORT
    }
    let text = unsafe String(cString: remote)
    if ticket.checksAddress, !(PublicAddress.bytes(of: text).map(PublicAddress.isPublic) ?? false) {
        ticket.stopped = .refusedAddress(text)
        return CURL_PREREQFUNC_ABORT
    }
    if let mayLeave = ticket.request.mayLeave, !mayLeave() {
        ticket.stopped = .withheld
        return CURL_PREREQFUNC_ABORT
    }
    ticket.left = true
    ticket.noteHeard()
    return CURL_PREREQFUNC_OK
}

/// Opens the socket for one of a name's addresses. If that is refused, libcurl tries the next.
func openSocket(
    _ handle: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let ticket = unsafe ticket(of: handle), let address = unsafe address else {
        return ccurl_no_socket()
    }
    if ticket.checksAddress {
        guard let bytes = unsafe PublicAddress.bytes(of: ccurl_address(address)) else {
            return ccurl_no_socket()
        }
        guard PublicAddress.isPublic(bytes) else {
            ticket.refusedAddress = PublicAddress.text(of: bytes)
            return ccurl_no_socket()
        }
    }
    return unsafe ccurl_open(address)
}

private func ticket(of handle: UnsafeMutableRawPointer?) -> Ticket? {
    guard let handle = unsafe handle else { return nil }
    return unsafe Unmanaged<EasyHandle>.fromOpaque(handle).takeUnretainedValue().ticket
}
