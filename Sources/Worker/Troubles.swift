package import JobModel
internal import JobStore
internal import System

/// What keeps jobd from its work now. Those that see a trouble note it here; it is over when none of them
/// sees it any more.
package final class Troubles: Sendable {
    /// A kind of trouble has begun or is over.
    package enum Change: Equatable, Sendable {
        case began(Trouble)
        case ended(Trouble.Kind)
    }

    /// Who sees it: an output of a job, or jobd as a whole.
    private struct Place: Hashable, Comparable {
        var job: Int64 = 0
        var position: Int64 = 0

        static func < (left: Place, right: Place) -> Bool {
            (left.job, left.position) < (right.job, right.position)
        }
    }

    private struct State {
        var seen: [Trouble.Kind: [Place: String]] = [:]
        var since: [Trouble.Kind: Timestamp] = [:]
        var told: [Trouble] = []
        var onChange: @Sendable ([Trouble], [Change]) -> Void = { _, _ in }

        mutating func see(_ kind: Trouble.Kind, _ place: Place, _ detail: String?) {
            seen[kind, default: [:]][place] = detail
            if seen[kind]?.isEmpty == true {
                (seen[kind], since[kind]) = (nil, nil)
            } else if since[kind] == nil {
                since[kind] = .now
            }
        }

        var all: [Trouble] {
            Trouble.Kind.allCases.compactMap { kind in
                let first = seen[kind]?.min { $0.key < $1.key }
                guard let seen = seen[kind], let since = since[kind], let words = first?.value else {
                    return nil
                }
                let jobs = Set(seen.keys.map(\.job)).subtracting([0]).count
                let count = jobs == 0 ? "" : jobs == 1 ? "1 job waits: " : "\(jobs) jobs wait: "
                return Trouble(kind: kind, detail: count + words, since: since)
            }
        }
    }

    private let state = Locked(State())

    package init() {}

    /// Calls `body` with all troubles whenever they have changed, one call after another.
    package func whenChanged(_ body: @escaping @Sendable ([Trouble], [Change]) -> Void) {
        state.withLock { $0.onChange = body }
    }

    /// jobd as a whole has this trouble, or has it no more.
    package func note(_ kind: Trouble.Kind, _ detail: String?) { change { $0.see(kind, Place(), detail) } }

    /// What an output's last try says; the sidecar of a job has no position.
    func note(_ kind: Trouble.Kind?, _ detail: String, job: Int64, position: Int64 = 0) {
        change { state in
            let place = Place(job: job, position: position)
            for other in Trouble.Kind.allCases { state.see(other, place, other == kind ? detail : nil) }
        }
    }

    /// The job is over, or in other hands.
    func forget(_ job: Int64) {
        change { state in
            for (kind, seen) in state.seen {
                for place in seen.keys where place.job == job { state.see(kind, place, nil) }
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            let all = state.all
            guard all != state.told else { return }
            let before = Set(state.told.map(\.kind))
            let ended = before.subtracting(all.map(\.kind)).map { Change.ended($0) }
            let began = all.filter { !before.contains($0.kind) }.map { Change.began($0) }
            state.told = all
            state.onChange(all, ended + began)
        }
    }
}
