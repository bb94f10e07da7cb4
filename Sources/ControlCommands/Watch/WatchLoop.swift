internal import CommandLineTool
internal import Glibc
internal import JobModel
internal import JobStore
internal import Startup

/// The live view: draws what the store says, and acts on keys.
struct WatchLoop {
    let session: Session
    let store: JobDatabase
    let terminal: Terminal
    let reader: WatchReader
    private let steering: WatchSteering
    private let words: [String]
    private let preview: Preview?
    /// The picture that was last shown in the details, and of which file.
    private var shown: (file: Output, picture: TerminalPicture?)?
    private var state = WatchState()

    /// The message while the store cannot be read.
    private var obstacle: WatchState.Message?

    init(_ session: Session, _ store: JobDatabase, _ terminal: Terminal, _ scope: WatchScope) throws {
        self.session = session
        self.store = store
        self.terminal = terminal
        words = scope.words
        reader = try WatchReader(store, scope)
        preview = Preview(session, store.directory)
        steering = WatchSteering(session: session, directory: store.directory)
    }

    mutating func run() throws -> ExitCode {
        while true {
            try refresh()
            try draw()
            for event in try nextEvents() {
                switch event {
                case .changed: break
                case .ended(SIGINT):
                    return .interrupted
                case .ended(let number):
                    terminal.leave()
                    SignalPipe.die(of: number)
                    return .interrupted
                case .key(let key):
                    guard let command = state.press(key) else { continue }
                    if command == .quit { return .success }
                    try obey(command)
                }
            }
        }
    }

    private mutating func refresh() throws {
        do {
            try reader.refresh()
            if state.message == obstacle { state.message = nil }
            obstacle = nil
        } catch let error as StoreError where error.mayPass { wait(error) }
    }

    private mutating func wait(_ error: StoreError) {
        obstacle = WatchState.Message(text: "\(error); trying again", isRefusal: true)
        state.message = obstacle
    }

    /// What the person does next. Empty if the store has changed, or after a second, to update the times.
    private func nextEvents() throws -> [Terminal.Event] {
        let start = ContinuousClock.now
        while true {
            let events = try terminal.wait(100)
            if !events.isEmpty || ContinuousClock.now - start >= .seconds(1) { return events }
            do { if try reader.hasNews() { return [] } } catch let error as StoreError where error.mayPass {
                // The next refresh says so.
                reader.forget()
                return []
            }
        }
    }

    private mutating func draw() throws {
        do { try drawAll() } catch let error as StoreError where error.mayPass {
            wait(error)
            let frame = WatchFrame(reader.snapshot, state, terminal.size)
            try terminal.draw(frame.lines(state, [:], sheet: nil), inset: nil)
        }
    }

    private mutating func drawAll() throws {
        let size = terminal.size
        let frame = WatchFrame(reader.snapshot, state, size)
        state.settle(frame.list, height: frame.height)
        var sheet: [StyledText]?
        var inset: Terminal.Inset?
        switch state.mode {
        case .help: sheet = WatchHelp.lines(width: size.columns)
        case .details(let id):
            let details = try reader.details(of: id)
            inset = details.flatMap { picture(of: $0.outputs, size) }
            // A column between the text and the picture stays free.
            let width = inset.map { size.columns - $0.size.columns - 1 } ?? size.columns
            sheet =
                details?.lines(width: width, now: reader.snapshot.now)
                ?? [StyledText("job \(id) is gone", .warning)]
        default: break
        }
        if let sheet { state.scroll = frame.sheetTop(state, sheet) }
        let facts = sheet == nil ? try reader.facts(of: frame.visible(state)) : [:]
        try terminal.draw(frame.lines(state, facts, sheet: sheet), inset: inset)
    }

    /// The picture beside the details, if there is room for it.
    private mutating func picture(of outputs: [Output], _ size: TerminalSize) -> Terminal.Inset? {
        let box = TerminalSize(columns: size.columns - 41, rows: min(20, size.rows - 1))
        guard let preview, let file = Preview.file(of: outputs), box.columns >= 10, box.rows >= 5 else {
            return nil
        }
        if shown?.file != file { shown = (file, preview.picture(of: file)) }
        guard let picture = shown?.picture, let cells = picture.cells(within: box) else { return nil }
        return Terminal.Inset(
            size: cells, sequence: picture.sequence(cells, keepsCursor: true), removal: picture.kind.removal)
    }

    private mutating func obey(_ command: WatchState.Command) throws {
        switch command {
        case .quit: break
        case .redraw: try terminal.forget()
        case .filter(let words): reader.scope.words = self.words + words
        case .askForPause:
            state.mode =
                reader.snapshot.facts.pauses.isEmpty
                ? .asking("pause submissions?", .pause)
                : .asking("submissions are paused; resume them?", .resume)
        case .askForRetry(let id):
            if let question = try steering.question(retrying: id, in: store) {
                state.mode = question
            } else {
                perform(.apply(WatchSteering.retry, to: id))
            }
        case .act(let action): perform(action)
        }
    }

    /// A failure is shown, and the view continues.
    private mutating func perform(_ action: WatchAction) {
        do { state.message = try steering.perform(action) } catch {
            state.message = .init(text: Failure(error).message, isRefusal: true)
        }
    }
}
