internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

/// Makes small pictures of files.
struct Thumbnailer {
    private let program: String
    private let places: OutputPlaces

    /// A picture takes no longer than this, or is not shown.
    private static let patience = Duration.seconds(5)

    /// Nil if the program that makes them is not installed.
    init?(_ directory: StateDirectory) {
        guard let program = ProgramOutput.helper("jobthumb") else { return nil }
        (self.program, places) = (program, OutputPlaces(directory))
    }

    /// A small picture of a file as PNG; nil if none can be made.
    func png(of output: Output) -> [UInt8]? {
        guard output.hasFile, let path = output.path, let file = try? places.file(path).open() else {
            return nil
        }
        return ProgramOutput.bytes(of: [program, "--png"], from: file, within: Self.patience)
    }
}

/// Small pictures of files for a terminal that can show them.
struct Preview {
    private let kind: PictureProtocol
    private let thumbnailer: Thumbnailer

    /// Nil if no picture can be shown, or none is wanted.
    init?(_ session: Session, _ directory: StateDirectory) {
        guard let kind = Self.kind(session), let thumbnailer = Thumbnailer(directory) else { return nil }
        (self.kind, self.thumbnailer) = (kind, thumbnailer)
    }

    static func isShown(in session: Session) -> Bool { kind(session) != nil }

    private static func kind(_ session: Session) -> PictureProtocol? {
        guard session.screen.isTerminal, !session.arguments.has(.noPreview), !session.wantsJSON,
            !session.isQuiet
        else { return nil }
        return PictureProtocol(session.environment)
    }

    /// The file that stands for a job: its first picture.
    static func file(of outputs: [Output]) -> Output? { outputs.first { $0.hasFile && $0.kind == .image } }

    /// A small picture of a file; nil if none can be made.
    func picture(of output: Output) -> TerminalPicture? {
        thumbnailer.png(of: output).map { TerminalPicture(kind: kind, png: $0) }
    }
}
