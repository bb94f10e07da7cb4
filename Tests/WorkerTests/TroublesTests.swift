import JobModel
import System
import Testing

@testable import Worker

@Suite struct TroublesTests {
    private let troubles = Troubles()

    /// What was told, in short.
    private func told(_ body: () -> Void) -> [String] {
        let lines = Locked<[String]>([])
        troubles.whenChanged { all, changes in
            let words = changes.map { change in
                switch change {
                case .began(let trouble): "+\(trouble.kind)"
                case .ended(let kind): "-\(kind)"
                }
            }
            let state = all.map { "\($0.kind): \($0.detail)" }.joined(separator: "; ")
            lines.withLock { $0.append((words + [state]).joined(separator: " ")) }
        }
        body()
        return lines.withLock { $0 }
    }

    @Test func `a trouble lasts until the last that sees it is rid of it`() {
        #expect(
            told {
                troubles.note(.space, "no room", job: 7, position: 1)
                troubles.note(.space, "no room", job: 7, position: 2)
                troubles.note(.space, "less room", job: 3, position: 1)
                troubles.note(nil, "", job: 7, position: 1)
                troubles.note(nil, "", job: 3, position: 1)
                troubles.forget(7)
                troubles.forget(7)
            } == [
                "+space space: 1 job waits: no room", "space: 2 jobs wait: less room",
                "space: 1 job waits: no room", "-space ",
            ])
    }

    @Test func `an output has one trouble at a time`() {
        #expect(
            told {
                troubles.note(.space, "no room", job: 1, position: 1)
                troubles.note(.output, "no permission", job: 1, position: 1)
            } == ["+space space: 1 job waits: no room", "-space +output output: 1 job waits: no permission"])
    }

    @Test func `what jobd as a whole suffers names no jobs`() {
        #expect(
            told {
                troubles.note(.store, "the disk is full")
                troubles.note(.store, "the disk is full")
                troubles.note(.store, "it failed")
                troubles.note(.store, nil)
                troubles.note(.store, nil)
            } == ["+store store: the disk is full", "store: it failed", "-store "])
    }
}
