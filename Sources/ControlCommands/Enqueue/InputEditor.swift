internal import CommandLineTool
internal import Glibc
internal import JSON
internal import Orders
internal import System

/// Has a person edit an input until it is what the model takes. What was written is in a file until it is on
/// its way.
struct InputEditor {
    /// In a directory of its own, which nobody else may enter: editors lay copies beside what they edit.
    let path: String
    private let session: Session
    private let page: String

    init(_ session: Session, _ page: String) throws {
        (self.session, self.page) = (session, page)
        let folder = session.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var name = Array("\(folder)/jobctl-XXXXXX".utf8CString)
        guard let made = unsafe mkdtemp(&name).map({ unsafe String(cString: $0) }) else {
            throw Self.failure("make a directory in \(folder)", .last)
        }
        path = made + "/input.jsonc"
        do throws(SystemError) {
            let flags = O_WRONLY | O_CREAT | O_EXCL
            try FileDescriptor(opening: path, flags: flags, mode: 0o600).write(Array(page.utf8))
        } catch { throw Self.failure("write \(path)", error) }
    }

    private static func failure(_ what: String, _ error: SystemError) -> Failure {
        Failure(.inputOutput, "cannot \(SafeText.escape(what)): \(error)")
    }

    /// Edits, and hands the input on; where that is refused it says why, and offers to edit again.
    func run<Value>(_ use: (JSONObject) throws -> Value) throws -> Value {
        var before = Array(page.utf8)
        while true {
            try EditorProgram.edit(path)
            let text = try InputReader(path).all()
            if text == before { throw Failure(.no, "the text was not changed; nothing was enqueued") }
            if Self.isEmpty(text) { throw Failure(.no, "the text is empty; nothing was enqueued") }
            do { return try use(try Template.object(text, .configuration)) } catch let failure as Failure {
                guard failure.code == .inputRefused, session.screen.canAsk else { throw failure }
                session.screen.say(SafeText.escape("jobctl: \(failure.message)", keepingNewlines: true))
                session.screen.say("what you wrote is in \(SafeText.escape(path))")
                guard session.screen.confirm("edit it again?") == true else {
                    throw Failure(.no, "nothing was enqueued")
                }
            }
            before = text
        }
    }

    /// Nothing but blanks and comments.
    private static func isEmpty(_ text: [UInt8]) -> Bool {
        text.split(separator: 0x0A).allSatisfy { line in
            InputReader.isBlank(line) || line.drop { $0 == 0x20 || $0 == 0x09 }.starts(with: "//".utf8)
        }
    }

    /// Leaves what was written where it is, and says so; what nobody wrote is no loss.
    func keep() {
        guard let text = try? InputReader(path).all(), text != Array(page.utf8), !Self.isEmpty(text) else {
            return discard()
        }
        session.screen.say("what you wrote is in \(SafeText.escape(path))")
    }

    func discard() {
        unsafe unlink(path)
        unsafe rmdir(String(path.dropLast("/input.jsonc".count)))
    }
}
