internal import JobModel

/// A part of the jobs that a person looks at. The digits choose one.
enum WatchView: Int, CaseIterable {
    case all = 1
    case running, waiting, attention, ended

    var title: String {
        switch self {
        case .all: "all"
        case .running: "running"
        case .waiting: "waiting"
        case .attention: "attention"
        case .ended: "ended"
        }
    }

    func shows(_ state: JobState) -> Bool {
        switch self {
        case .all: true
        case .running: [.submitting, .inQueue, .inProgress, .downloading].contains(state)
        case .waiting: state == .queued || state == .held
        case .attention: state == .uncertain || state == .failed
        case .ended: state.hasEnded
        }
    }

    func next(by step: Int) -> WatchView {
        let all = Self.allCases
        return all[(rawValue - 1 + step + all.count) % all.count]
    }
}
