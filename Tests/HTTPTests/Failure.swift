import HTTP

/// The error that a request ends with; nil if it is answered.
func failure(of request: HTTPRequest, _ client: HTTPClient) async -> HTTPError? {
    do throws(HTTPError) {
        _ = try await client.send(request)
        return nil
    } catch {
        return error
    }
}
