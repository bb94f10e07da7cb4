import ScriptedServer
import Testing

@testable import HTTP

/// Cancelling and shutting down.
@Suite(.timeLimit(.minutes(10))) struct EndingTests {
    /// Holds every request until the client goes.
    let server = ScriptedServer { peer in while peer.receive() != nil {} }
    let client: HTTPClient

    init() throws { client = try HTTPClient(userAgent: "test/1") }

    @Test func `a cancelled task ends its transfer and closes its connection`() async {
        let task = Task { await failure(of: HTTPRequest(url: server.url, answerTimeout: nil), client) }
        _ = await server.nextRequest()
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(await server.closings.first { _ in true } != nil)
    }

    @Test func `a task cancelled before it sends sends nothing`() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure(of: HTTPRequest(url: server.url), client)
        }
        #expect(await task.value == .cancelled)
        #expect(server.requests.isEmpty)
    }

    @Test func `cancelling one transfer leaves the others`() async throws {
        let other = ScriptedServer(answering: ScriptedServer.answer("ok"))
        let task = Task { await failure(of: HTTPRequest(url: server.url, answerTimeout: nil), client) }
        _ = await server.nextRequest()
        async let answer = client.send(HTTPRequest(url: other.url))
        task.cancel()
        #expect(try await answer.status == 200)
        #expect(await task.value == .cancelled)
    }

    @Test func `every request ends once whatever the moment of its cancelling`() async {
        let other = ScriptedServer(answering: ScriptedServer.answer("ok"))
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<400 {
                group.addTask {
                    let task = Task { await failure(of: HTTPRequest(url: other.url), client) }
                    for _ in 0..<index % 40 { await Task.yield() }
                    task.cancel()
                    let error = await task.value
                    #expect(error == nil || error == .cancelled)
                }
            }
        }
    }

    @Test func `shutdown cancels what is under way and what comes later`() async {
        let tasks = (0..<8).map { _ in
            Task { await failure(of: HTTPRequest(url: server.url, answerTimeout: nil), client) }
        }
        var arrived = 0
        for await _ in server.arrivals {
            arrived += 1
            if arrived == tasks.count { break }
        }
        await client.shutdown()
        for task in tasks { #expect(await task.value == .cancelled) }
        #expect(await failure(of: HTTPRequest(url: server.url), client) == .cancelled)
        await client.shutdown()
    }

    @Test func `shutdown while requests keep coming loses none`() async {
        let other = ScriptedServer(answering: ScriptedServer.answer("ok"))
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    if index == 100 { return await client.shutdown() }
                    let error = await failure(of: HTTPRequest(url: other.url), client)
                    #expect(error == nil || error == .cancelled)
                }
            }
        }
    }

    @Test func `a client that is dropped ends its thread`() async throws {
        let other = ScriptedServer(answering: ScriptedServer.answer("ok"))
        var client: HTTPClient? = try HTTPClient(userAgent: "test/1")
        #expect(try await client?.send(HTTPRequest(url: other.url)).status == 200)
        client = nil
        // The thread closes the connection that it kept.
        #expect(await other.closings.first { _ in true } != nil)
    }
}
