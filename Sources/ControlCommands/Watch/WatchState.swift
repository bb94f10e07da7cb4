internal import CommandLineTool
internal import JobModel

/// Where a person stands in a live picture: what was pressed makes another one of it, and sometimes something
/// to do.
struct WatchState {
    enum Mode: Equatable {
        case list
        case help
        /// The words of a filter are being typed.
        case typing(String)
        case asking(String, WatchAction)
        case details(Int64)
    }

    /// What is to be done outside of the picture.
    enum Command: Equatable {
        case quit
        case act(WatchAction)
        /// Whether a retry buys has to be said before.
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
    /// The filter that is in force.
    private(set) var words: [String] = []
    /// Stands until the next key.
    var message: Message?
    private(set) var selected: Int64?
    private var index = 0
    /// The first of the rows that are seen.
    private(set) var top = 0
    /// The first line of the details or of the help.
    var scroll = 0
    /// How many rows a page has, and the list, as they were drawn last.
    private var page = 1
    private var list: WatchList?

    /// Keeps the selected job selected where it is still there, and in sight.
    mutating func settle(_ list: WatchList, height: Int) {
        self.list = list
        page = max(1, list.scrollHeight(height) - 1)
        if let selected, let place = list.jobs.firstIndex(of: selected) { index = place }
        index = max(0, min(index, list.jobs.count - 1))
        selected = list.jobs.indices.contains(index) ? list.jobs[index] : nil
        let height = list.scrollHeight(height)
        if list.places.indices.contains(index) {
            let row = list.places[index]
            // What follows the last job of all is no job, and seen with it.
            let last = index == list.places.count - 1 ? list.rows.count - 1 : row
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
        case .help: return scrolling(key) { $0.mode = .list }
        case .details(let id):
            if let command = steer(key, id) { return command }
            return scrolling(key) { $0.mode = .list }
        case .list: return choose(key)
        }
    }

    private mutating func choose(_ key: Key) -> Command? {
        switch key {
        case .up, .character("k"): move(by: -1)
        case .down, .character("j"): move(by: 1)
        case .pageUp, .control("b"), .control("u"): move(by: -page)
        case .pageDown, .control("f"), .control("d"), .character(" "): move(by: page)
        case .home, .character("g"): move(by: -Int(Int32.max))
        case .end, .character("G"): move(by: Int(Int32.max))
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

    private mutating func move(by step: Int) {
        guard let list, !list.jobs.isEmpty else { return }
        index = max(0, min(index + step, list.jobs.count - 1))
        selected = list.jobs[index]
    }

    /// The keys that ask something of a job.
    private mutating func steer(_ key: Key, _ id: Int64) -> Command? {
        switch key {
        case .character("c"):
            let state = list?.jobs.firstIndex(of: id).flatMap { list?.states[$0] }
            // A slip of a finger must not cost what is paid for already; what was not sent comes back by a
            // retry.
            if let state, ![.submitting, .inQueue, .inProgress].contains(state) { return .act(.cancel(id)) }
            let word = state?.rawValue ?? "under way"
            mode = .asking("job \(id) is \(word), and may be paid for all the same; cancel it?", .cancel(id))
            return nil
        case .character("r"): return .askForRetry(id)
        case .character("h"): return .act(.hold(id))
        case .character("R"), .character("u"): return .act(.release(id))
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

    private mutating func scrolling(_ key: Key, close: (inout WatchState) -> Void) -> Command? {
        switch key {
        case .up, .character("k"): scroll -= 1
        case .down, .character("j"): scroll += 1
        case .pageUp, .control("b"), .control("u"): scroll -= page
        case .pageDown, .control("f"), .control("d"), .character(" "): scroll += page
        case .home, .character("g"): scroll = 0
        case .end, .character("G"): scroll = Int(Int32.max)
        case .escape, .enter, .left, .backspace, .character("q"), .character("?"): close(&self)
        default: break
        }
        scroll = max(0, scroll)
        return nil
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
