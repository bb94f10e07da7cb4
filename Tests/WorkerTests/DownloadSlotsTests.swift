import Scratch
import System
import Testing

@testable import Worker

@Suite struct DownloadSlotsTests {
    /// How many are inside, and how many were at most.
    private final class Room: Sendable {
        private let counts = Locked((inside: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }
        var inside: Int { counts.withLock { $0.inside } }

        func enter() {
            counts.withLock { counts in
                counts.inside += 1
                counts.most = max(counts.most, counts.inside)
            }
        }

        func leave() { counts.withLock { $0.inside -= 1 } }
    }

    @Test func `half of the slots may be kept for long`() async throws {
        for (count, most) in [(1, 0), (2, 1), (5, 2)] {
            let slots = DownloadSlots(count)
            let kept = Locked(0)
            await withTaskGroup { group in
                for _ in 0..<count {
                    group.addTask {
                        try? await slots.use { slot in
                            if slot.tryToKeepLonger(), slot.tryToKeepLonger() { kept.withLock { $0 += 1 } }
                            // Until all have asked.
                            try? await Task.sleep(for: .milliseconds(50))
                        }
                    }
                }
            }
            #expect(kept.withLock { $0 } >= most && (most > 0 || kept.withLock { $0 } == 0))
            // What was kept is given back.
            let again = try await slots.use { $0.tryToKeepLonger() }
            #expect(again == (most > 0))
        }
    }

    @Test func `never more than said are inside`() async {
        let slots = DownloadSlots(3)
        let room = Room()
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    try? await slots.use { _ in
                        room.enter()
                        await Task.yield()
                        room.leave()
                    }
                }
            }
        }
        #expect(room.most <= 3 && room.most > 0)
        #expect(room.inside == 0)
    }

    @Test func `who is cancelled while waiting takes no place`() async throws {
        let slots = DownloadSlots(1)
        let (release, gate) = AsyncStream<Void>.makeStream()
        let holder = Task { try await slots.use { _ in for await _ in release { break } } }
        let waiter = Task { try await slots.use { _ in Issue.record("it came in") } }
        try await Task.sleep(for: .milliseconds(20))
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        gate.yield()
        try await holder.value
        // The slot is there for the next one.
        #expect(try await slots.use { _ in 7 } == 7)
        let late = Task { try await slots.use { _ in Issue.record("it came in") } }
        late.cancel()
        _ = try? await late.value
        #expect(try await slots.use { _ in 8 } == 8)
    }

    @Test func `more slots serve those who wait`() async throws {
        let slots = DownloadSlots(0)
        let waiters = (0..<4).map { number in Task { try await slots.use { _ in number } } }
        try await Task.sleep(for: .milliseconds(20))
        slots.resize(to: 4)
        for (number, waiter) in waiters.enumerated() { #expect(try await waiter.value == number) }
    }

    @Test func `fewer slots hold even while others wait`() async throws {
        let slots = DownloadSlots(4)
        let room = Room()
        let (release, gate) = AsyncStream<Void>.makeStream()
        let (started, starts) = AsyncStream<Void>.makeStream()
        let first = (0..<4).map { _ in
            Task {
                try await slots.use { _ in
                    starts.yield()
                    for await _ in release { break }
                }
            }
        }
        var count = 0
        for await _ in started {
            count += 1
            if count == 4 { break }
        }
        let later = (0..<20).map { _ in
            Task {
                try await slots.use { _ in
                    room.enter()
                    try? await Task.sleep(for: .milliseconds(1))
                    room.leave()
                }
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        slots.resize(to: 1)
        gate.finish()
        for task in first + later { try await task.value }
        #expect(room.most == 1)
    }

    @Test func `a place is offered once for each who waits`() async throws {
        let slots = DownloadSlots(2)
        let (release, gate) = AsyncStream<Void>.makeStream()
        let (taken, takers) = AsyncStream<DownloadSlots.Slot>.makeStream()
        let holders = (0..<2).map { _ in
            Task {
                try await slots.use { slot in
                    takers.yield(slot)
                    for await _ in release { break }
                }
            }
        }
        var held: [DownloadSlots.Slot] = []
        for await slot in taken {
            held.append(slot)
            if held.count == 2 { break }
        }
        // Nobody waits: whoever drips may stay.
        #expect(!held[0].offer() && !held[1].offer())
        let waiter = Task { try await slots.use { _ in 7 } }
        try await eventually("a slot is offered") { held[0].offer() }
        // One is enough for one.
        #expect(!held[1].offer())
        gate.finish()
        #expect(try await waiter.value == 7)
        for holder in holders { try await holder.value }
        #expect(!held[1].offer())
    }
}
