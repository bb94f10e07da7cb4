import JobStore
import Orders
import Testing

/// What a cascade copies.
@Suite struct LineageTests {
    private func made(
        _ id: Int64, from sources: Int64..., lost: [Int64] = [], but obstacle: Descendant.Obstacle? = nil
    ) -> Descendant {
        Descendant(
            id, from: sources.map { .init($0) } + lost.map { .init($0, isLost: true) }, obstacle: obstacle)
    }

    @Test func `a job that comes from two ways is copied once and sources come first`() {
        let lineage = Lineage(of: [9, 2], [made(5, from: 2), made(6, from: 2), made(7, from: 5, 6, 1)])
        #expect(lineage.ids == [2, 5, 6, 7, 9] && lineage.notes.isEmpty)
    }

    @Test func `what cannot be made again is left out with what came from it alone`() {
        let lineage = Lineage(
            of: [1],
            [
                made(2, from: 1, but: .cancelled), made(3, from: 2), made(4, from: 2, 1),
                made(5, from: 1, but: .pruned),
                made(6, from: 1, lost: [0]), made(7, from: 6), made(8, from: 1, lost: [2]),
            ])
        #expect(lineage.ids == [1, 4])
        #expect(
            lineage.notes == [
                "not copied: 2 (cancelled)", "not copied: 5 (pruned)",
                "not copied: 6 8 (another source has failed or is gone)",
            ])
    }

    @Test func `a source that is copied may have been lost and what is named is always copied`() {
        let lineage = Lineage(
            of: [1, 3],
            [made(2, from: 1, lost: [1]), made(3, from: 2, but: .cancelled), made(4, from: 3, lost: [2])])
        #expect(lineage.ids == [1, 2, 3, 4] && lineage.notes.isEmpty)
    }
}
