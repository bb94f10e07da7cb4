internal import CommandLineTool
internal import JobModel

/// What a person does to jobs from the live view.
enum WatchAction: Equatable {
    /// `mayBuy`: the person was told that it buys, and agreed.
    case apply(Verb, to: Int64, mayBuy: Bool = false)
    case pause
    case resume
}

/// What the person has chosen in the live view. A key changes it, and may result in a command.
struct WatchState {
    enum Mode: Equatable {
        case list
        case help
        /// The words of a filter are being typed.
        case typing(String)
        case asking(String, WatchAction)
        case details(Int64)
    }

    /// What must be done outside this state.
    enum Command: Equatable {
        case quit
        case act(WatchAction)
        /// The question says whether the retry buys.
        case askForRetry(Int64)
        case askForPause
        case filter([String])
        case redraw
    }

    struct Message: Equatable {
        let text: String
        let isRefusal: Bool
    }

    var mode = Mode.list
    var view = WatchView.all
    /// The filter.
    private(set) var words: [String] = []
    /// Shown until the next key.
    var message: Message?
    private(set) var selected: Int64?
    private var index = 0
    /// The first visible row.
    private(set) var top = 0
    /// The first visible line of the details or the help.
    var scroll = 0
    /// Rows per page, and the list as it was last drawn.
    private var page = 1
    private var list: WatchList?

    /// Keeps the selected job selected, if it is still listed, and visible.
    mutating func settle(_ list: WatchList, height: Int) {
        self.list = list
        page = max(1, list.scrollHeight(height) - 1)
        if let selected, let found = list.jobs.firstIndex(of: selected) { index = found }
        index = max(0, min(index, list.jobs.count - 1))
        selected = list.jobs.indices.contains(index) ? list.jobs[index] : nil
        let height = list.scrollHeight(height)
        if list.rowIndices.indices.contains(index) {
            let row = list.rowIndices[index]
            // The row after the last job is not a job. It is shown together with that job.
            let last = index == list.rowIndices.count - 1 ? list.rows.count - 1 : row
            top = min(row, max(top, last - height + 1))
        } else if !list.panel.isEmpty {
            top = max(top, list.rows.count - height)
        }
        top = max(0, min(top, list.rows.count - height))
    }

    mutating func press(_ key: Key) -> Command? {
        message = nil
        if key == .control("l") { return .redraw }
        switch mode {
        case .typing(let text): return type(key, text)
        case .asking(_, let action): return answer(key, action)
        case .help: scrollSheet(key)
        case .details(let id):
            if let command = steer(key, id) { return command }
            scrollSheet(key)
        case .list: return choose(key)
        }
        return nil
    }

    /// How far a key moves in a list or in a text.
    private func distance(of key: Key) -> Int? {
        switch key {
        case .up, .character("k"): -1
        case .down, .character("j"): 1
        case .pageUp, .control("b"), .control("u"): -page
        case .pageDown, .control("f"), .control("d"), .character(" "): page
        case .home, .character("g"): -Int(Int32.max)
        case .end, .character("G"): Int(Int32.max)
        default: nil
        }
    }

    private mutating func choose(_ key: Key) -> Command? {
        if let distance = distance(of: key) {
            guard let list, !list.jobs.isEmpty else { return nil }
            index = max(0, min(index + distance, list.jobs.count - 1))
            selected = list.jobs[index]
            return nil
        }
        switch key {
        case .enter, .right, .character("l"):
            if let selected { (mode, scroll) = (.details(selected), 0) }
        case .tab: view = view.next(by: 1)
        case .backTab: view = view.next(by: -1)
        case .character("/"): mode = .typing(words.joined(separator: " "))
        case .escape:
            if !words.isEmpty { return filter("") }
            view = .all
        case .character("?"): (mode, scroll) = (.help, 0)
        case .character("p"): return .askForPause
        case .character("q"): return .quit
        case .character(let letter):
            if let digit = letter.wholeNumberValue, let chosen = WatchView(rawValue: digit) {
                view = chosen
            } else {
                return selected.flatMap { steer(key, $0) }
            }
        default: break
        }
        return nil
    }

    /// The keys that act on a job.
    private mutating func steer(_ key: Key, _ id: Int64) -> Command? {
        switch key {
        case .character("c"):
            let state = list?.jobs.firstIndex(of: id).flatMap { list?.states[$0] }
            // A typing mistake must not cancel what may be paid for. What was not sent can be retried.
            if let state, ![.submitting, .inQueue, .inProgress].contains(state) {
                return .act(.apply(.cancel, to: id))
            }
            let word = state?.rawValue ?? "under way"
            let question = "job \(id) is \(word), and may have to be paid for anyway; cancel it?"
            mode = .asking(question, .apply(.cancel, to: id))
            return nil
        case .character("r"): return .askForRetry(id)
        case .character("h"): return .act(.apply(.hold, to: id))
        case .character("R"), .character("u"): return .act(.apply(.release, to: id))
        default: return nil
        }
    }

    private mutating func answer(_ key: Key, _ action: WatchAction) -> Command? {
        mode = .list
        guard key == .character("y") || key == .character("Y") else {
            message = Message(text: "nothing was done", isRefusal: false)
            return nil
        }
        return .act(action)
    }

    private mutating func scrollSheet(_ key: Key) {
        if let distance = distance(of: key) { scroll = max(0, scroll + distance) }
        let closing: [Key] = [.escape, .enter, .left, .backspace, .character("q"), .character("?")]
        if closing.contains(key) { mode = .list }
    }

    private mutating func type(_ key: Key, _ text: String) -> Command? {
        switch key {
        case .character(let character): mode = .typing(text + String(character))
        case .pasted(let pasted):
            mode = .typing(text + pasted.replacing("\r", with: " ").replacing("\n", with: " ").prefix(200))
        case .backspace: mode = text.isEmpty ? .list : .typing(String(text.dropLast()))
        case .control("u"): mode = .typing("")
        case .control("w"):
            let words = text.split(separator: " ").dropLast()
            mode = .typing(words.map { $0 + " " }.joined())
        case .enter:
            mode = .list
            return filter(text)
        case .escape:
            mode = .list
            return filter("")
        default: break
        }
        return nil
    }

    private mutating func filter(_ text: String) -> Command {
        words = text.split(separator: " ").map(String.init)
        return .filter(words)
    }
}
