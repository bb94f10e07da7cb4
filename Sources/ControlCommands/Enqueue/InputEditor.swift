internal import CommandLineTool
internal import JSON
internal import Orders
internal import System

/// Lets a person edit an input until the model accepts it. The text stays in its file until the order is
/// stored.
struct InputEditor {
    /// Alone in a directory that nobody else may enter: editors put copies beside what they edit.
    private let file: TemporaryFile
    private let session: Session
    private let text: String

    init(_ session: Session, _ text: String) throws {
        (self.session, self.text) = (session, text)
        let folder = session.temporaryFolder
        do throws(SystemError) {
            file = try TemporaryFile("input.jsonc", directoryPrefix: "\(folder)/jobctl")
            do throws(SystemError) { try file.file.write(Array(text.utf8)) } catch {
                file.remove()
                throw error
            }
        } catch {
            throw Failure(
                .inputOutput, "cannot write a temporary file in \(SafeText.escape(folder)): \(error)")
        }
    }

    /// Passes the edited input on. If it is refused, says why and offers to edit it again.
    func run<Value>(_ use: (JSONObject) throws -> Value) throws -> Value {
        var before = Array(text.utf8)
        while true {
            try EditorProgram.edit(file.path)
            let text = try InputReader(file.path, isOwn: true).all()
            if text == before { throw Failure(.no, "the text was not changed; nothing was enqueued") }
            if Self.isEmpty(text) { throw Failure(.no, "the text is empty; nothing was enqueued") }
            do { return try use(try Template.object(text, .configuration)) } catch let failure as Failure {
                guard failure.code == .inputRefused, session.screen.canAsk else { throw failure }
                session.screen.say(SafeText.escape("jobctl: \(failure.text)", keepingNewlines: true))
                sayWhereTextIs()
                guard session.screen.confirm("edit it again?") == true else {
                    throw Failure(.no, "nothing was enqueued")
                }
            }
            before = text
        }
    }

    /// Whether it holds only blanks and comments.
    private static func isEmpty(_ text: [UInt8]) -> Bool {
        text.split(separator: 0x0A).allSatisfy { line in
            InputReader.isBlank(line) || line.drop { $0 == 0x20 || $0 == 0x09 }.starts(with: "//".utf8)
        }
    }

    /// Keeps the text if a person has changed it, and says where it is.
    func keep() {
        guard let text = try? InputReader(file.path, isOwn: true).all(), text != Array(self.text.utf8),
            !Self.isEmpty(text)
        else { return discard() }
        sayWhereTextIs()
    }

    private func sayWhereTextIs() {
        session.screen.say("what you wrote is in \(SafeText.escape(file.path))")
    }

    func discard() { file.remove() }
}

extension Session {
    var temporaryFolder: String { environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }
}
