internal import CommandLineTool
internal import HTTP
internal import JSON

/// Fetches the files that inputs name, as the service does before it works on them.
final class InputFetcher: Sendable {
    private struct Order: Sendable {
        let request: String
        let files: [InputFile]
    }

    private let client: HTTPClient
    private let orders: AsyncStream<Order>
    private let continuation: AsyncStream<Order>.Continuation

    /// How many inputs are fetched at once.
    private static let most = 16
    /// The largest video that RunComfy takes.
    private static let mostBytes = 100 << 20
    private static let mostRedirects = 5

    init() throws {
        client = try HTTPClient(userAgent: "jobsim/\(Release.version)")
        (orders, continuation) = AsyncStream.makeStream()
    }

    func add(_ request: Request) {
        let input = (try? JSON(parsing: request.input)) ?? .null
        continuation.yield(
            Order(request: request.id, files: InputFile.files(model: request.model, input: input)))
    }

    /// Fetches what is ordered, and reports it.
    func run(_ report: @escaping @Sendable (_ request: String, [FetchedInput]) -> Void) async {
        await withDiscardingTaskGroup { group in
            let slots = AsyncStream<Void>.makeStream()
            for _ in 0..<Self.most { slots.continuation.yield() }
            var free = slots.stream.makeAsyncIterator()
            for await order in orders {
                await free.next()
                group.addTask {
                    var fetched: [FetchedInput] = []
                    for file in order.files { fetched.append(await self.fetch(file)) }
                    report(order.request, fetched)
                    slots.continuation.yield()
                }
            }
        }
    }

    private func fetch(_ file: InputFile) async -> FetchedInput {
        if DataURI.isMeant(file.address) {
            guard let bytes = DataURI.bytes(in: file.address) else {
                return FetchedInput(path: file.path, fault: "\(file.path) is not base64")
            }
            return file.judge(bytes)
        }
        func failed(_ reason: String) -> FetchedInput {
            FetchedInput(path: file.path, fault: "failed to download \(file.path): \(reason)")
        }
        var url = file.address
        for _ in 0...Self.mostRedirects {
            let request = HTTPRequest(url: url, maximumBody: Self.mostBytes)
            do throws(HTTPError) {
                let answer = try await client.send(request)
                if answer.status == 200 { return file.judge(answer.body) }
                guard (300..<400).contains(answer.status), let next = answer.headers["location"] else {
                    return failed("status \(answer.status)")
                }
                url = next
            } catch { return failed("\(error)") }
        }
        return failed("too many redirects")
    }
}
