internal import CommandLineTool

/// How many of all files are looked at: `--sample 100`, or `--sample 5%`.
enum Sampling: Equatable {
    case all
    case count(Int64)
    case percent(Double)

    init(_ text: String?) throws(Failure) {
        guard let text else {
            self = .all
            return
        }
        if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 {
            self = .percent(percent)
        } else if let count = Int64(text), count > 0 {
            self = .count(count)
        } else {
            throw .usage(
                "--sample takes a number of files or a share, not \"\(SafeText.escape(text))\"",
                hint: "write 100 or 5%")
        }
    }

    func size(of total: Int64) -> Int64 {
        switch self {
        case .all: total
        case .count(let count): min(count, total)
        case .percent(let percent): min(total, Int64((Double(total) * percent / 100).rounded(.up)))
        }
    }
}
