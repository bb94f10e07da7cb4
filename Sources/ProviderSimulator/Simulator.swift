internal import System

/// RunComfy's Model API in one process, on loopback, without token, money or network.
package final class Simulator: Sendable {
    private let server: WebServer

    /// Listens when it returns. Throws an error whose text is for the person who started it.
    package init(_ options: Options) throws {
        let world = try World(options)
        let router = Router(world: world)
        server = try WebServer(
            address: options.address, port: options.port, threads: options.threads,
            connected: { world.statistics.withLock { $0.connections += 1 } },
            sent: { count in world.statistics.withLock { $0.bytes += count } },
            handler: { router.answer($0) })
    }

    package var port: UInt16 { server.port }

    package func stop() { server.stop() }
}
