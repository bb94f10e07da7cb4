import Policy
import Testing

@Suite struct JitterTests {
    @Test func `jitter covers its range and depends on the seed`() {
        var (one, another) = (Jitter(seed: 1), Jitter(seed: 2))
        let drawn = (0..<4000).map { _ in Double.random(in: 0..<1, using: &one) }
        #expect((0.45...0.55).contains(drawn.reduce(0, +) / 4000))
        #expect(drawn.contains { $0 < 0.01 } && drawn.contains { $0 > 0.99 })
        #expect(drawn[0] != Double.random(in: 0..<1, using: &another))
    }
}
