import CommandLineTool
import JobModel
import Testing

@testable import ControlCommands

@Suite struct WatchStateTests {
    private func state(_ snapshot: WatchSnapshot) -> WatchState {
        var state = WatchState()
        state.settle(WatchList(snapshot, .all, height: 20), height: 20)
        return state
    }

    @Test func `the selection stays with its job when the list changes`() {
        var state = state(Samples.snapshot([.inProgress: 3, .queued: 3]))
        _ = state.press(.down)
        _ = state.press(.down)
        #expect(state.selected == 3)
        // Job 3 is being downloaded by now, which puts it first.
        var later = Samples.snapshot([:])
        later.groups = [
            .init(state: .downloading, ids: [3], count: 1), .init(state: .inProgress, ids: [1, 2], count: 2),
        ]
        state.settle(WatchList(later, .all, height: 20), height: 20)
        #expect(state.selected == 3)
        // It is gone: the job in its place is selected.
        later.groups = [.init(state: .inProgress, ids: [1, 2], count: 2)]
        state.settle(WatchList(later, .all, height: 20), height: 20)
        #expect(state.selected == 1)
    }

    @Test func `without jobs no key does harm`() {
        var state = state(Samples.snapshot([:]))
        for key in [
            Key.down, .up, .enter, .end, .pageUp, .character("c"), .character("r"), .character("h"), .escape,
        ] {
            #expect(state.press(key) == nil)
            #expect(state.mode == .list)
        }
    }

    @Test(arguments: [JobState.submitting, .inQueue, .inProgress])
    func `what may be paid for is cancelled by yes alone`(job: JobState) {
        var state = state(Samples.snapshot([job: 1]))
        for key in [Key.enter, .escape, .character("n"), .character("c"), .character("q")] {
            #expect(state.press(.character("c")) == nil)
            #expect(state.press(key) == nil)
            #expect(state.mode == .list)
        }
        #expect(state.press(.character("c")) == nil)
        #expect(state.press(.character("y")) == .act(.apply(.cancel, to: 1)))
    }

    @Test func `keys of a verb become what is to be done`() {
        var state = state(Samples.snapshot([.queued: 1]))
        #expect(state.press(.character("c")) == .act(.apply(.cancel, to: 1)))
        #expect(state.press(.character("h")) == .act(.apply(.hold, to: 1)))
        #expect(state.press(.character("u")) == .act(.apply(.release, to: 1)))
        #expect(state.press(.character("R")) == .act(.apply(.release, to: 1)))
        #expect(state.press(.character("r")) == .askForRetry(1))
        #expect(state.press(.character("p")) == .askForPause)
        #expect(state.press(.character("q")) == .quit)
        #expect(state.press(.pasted("cq")) == nil)
    }

    @Test func `a filter is typed, corrected and cleared`() {
        var state = state(Samples.snapshot([.queued: 1]))
        for key in [Key.character("/"), .character("q"), .character("ü"), .backspace] {
            #expect(state.press(key) == nil)
        }
        #expect(state.mode == .typing("q"))
        _ = state.press(.pasted(" two\nlines"))
        #expect(state.press(.enter) == .filter(["q", "two", "lines"]))
        _ = state.press(.character("/"))
        #expect(state.mode == .typing("q two lines"))
        #expect(state.press(.escape) == .filter([]))
        #expect(state.words == [])
    }

    @Test func `digits and tab choose a part of the jobs`() {
        var state = state(Samples.snapshot([.queued: 1]))
        _ = state.press(.character("3"))
        #expect(state.view == .waiting)
        _ = state.press(.tab)
        #expect(state.view == .attention)
        _ = state.press(.backTab)
        #expect(state.view == .waiting)
        _ = state.press(.character("9"))
        #expect(state.view == .waiting)
        _ = state.press(.escape)
        #expect(state.view == .all)
        for state in JobState.allCases {
            #expect(WatchView.allCases.dropFirst().contains { $0.shows(state) })
        }
    }
}
