internal import Catalogue
internal import CommandLineTool
internal import JSON

/// The first faults explain enough. A fault that many jobs share counts once.
private let mostFaults = 20

extension OrderSource {
    /// Names every violation of many orders, by job and path.
    func check(_ checker: Checker, validates: Bool) throws {
        var found: [(fault: Failure.Fault, jobs: Int, named: [String])] = []
        var number = 0
        var cannotBeMade = false
        try forEach { order in
            number += 1
            let broken = try checker.referenceFaults(order) + checker.fileFaults(order)
            cannotBeMade = cannotBeMade || !broken.isEmpty
            for violation in try broken + checker.violations(of: order) {
                let fault = Failure.Fault(violation)
                let text = fault.description
                let index = found.firstIndex { $0.fault.description.isExactly(text) } ?? found.count
                if index == mostFaults { continue }
                if index == found.count { found.append((fault, 0, [])) }
                found[index].jobs += 1
                if found[index].named.count < 3 { found[index].named.append(name(order, number)) }
            }
        }
        if found.isEmpty { return }
        var faults = found.map { fault, jobs, named in
            Failure.Fault(place: names(named, of: jobs, total: number), path: fault.path, fault.message)
        }
        if faults.count == mostFaults { faults.append(.init("and perhaps more")) }
        guard validates || cannotBeMade else { return checker.sayWaived(faults) }
        guard !cannotBeMade else {
            throw Failure(
                .inputRefused, "nothing was enqueued: inputs cannot be made from these jobs", faults: faults)
        }
        throw Failure(
            .inputRefused, "nothing was enqueued: inputs break the schema of their model",
            hint: "--no-validate sends them anyway", faults: faults)
    }

    private func name(_ order: Order, _ number: Int) -> String {
        let variant = SafeText.escape(DisplayWidth.cut(order.variant, to: 50))
        return "job \(number)" + (variant.isEmpty ? "" : " (\(variant))")
    }

    private func names(_ first: [String], of jobs: Int, total: Int) -> String {
        if jobs == total { return "every job" }
        return first.joined(separator: ", ") + (jobs > 3 ? " and \(jobs - 3) more" : "")
    }
}
