internal import CPictures
internal import Glibc

/// All of `jobthumb`: it reads a picture from standard input and writes a small one, as WebP, to standard
/// output; with the argument `--png`, as PNG. It exits with 0 if it made one, and with 1 if the picture
/// itself has to be shown: it is small already (unless it is for `--png`), is an animation, is rotated by its
/// metadata, or cannot be read. If it cannot confine itself, it reads no picture and exits with 2.
package enum ThumbnailProgram {
    /// A picture comes from outside and may exploit its decoder. So each process reads one picture, can
    /// neither open a file nor start a program, and has limits of memory and time.
    private static let mostMemory: UInt = 1 << 30
    private static let mostOutput: UInt = 4 << 20
    private static let mostInput = 256 << 20
    private static let mostSeconds: UInt = 20

    package static func main() -> Never {
        alarm(UInt32(3 * mostSeconds))
        guard isConfined() else { exit(2) }
        let goal: SmallPicture = CommandLine.arguments.dropFirst() == ["--png"] ? .preview : .thumbnail
        guard let bytes = input(), let picture = read(bytes, for: goal),
            let small = picture.encoded(for: goal), write(small)
        else { exit(1) }
        exit(0)
    }

    private static func isConfined() -> Bool {
        let limits = [
            (RLIMIT_AS, mostMemory), (RLIMIT_CPU, mostSeconds), (RLIMIT_FSIZE, mostOutput), (RLIMIT_CORE, 0),
        ]
        return limits.allSatisfy { cpictures_limit(Int32($0.0.rawValue), $0.1) == 0 } && cpictures_confine()
    }

    private static func read(_ bytes: [UInt8], for goal: SmallPicture) -> Picture? {
        if Metadata.showsMovement(bytes) || Metadata.turns(bytes) { return nil }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return Picture.jpeg(bytes, for: goal) }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return Picture.png(bytes, for: goal) }
        if bytes.starts(with: Array("RIFF".utf8)) { return Picture.webP(bytes, for: goal) }
        return nil
    }

    private static func input() -> [UInt8]? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while bytes.count <= mostInput {
            let count = unsafe Glibc.read(STDIN_FILENO, &piece, piece.count)
            if count == 0 { return bytes }
            guard count > 0 else { return nil }
            bytes += piece[..<count]
        }
        return nil
    }

    private static func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
