internal import CommandLineTool
internal import Glibc
internal import System

/// What another program has to say on standard input.
enum StandardInput {
    /// All lines that are not empty, up to a bound of bytes.
    static func lines(most: Int) throws(Failure) -> [String] {
        do throws(SystemError) {
            let bytes = try FileDescriptor.standardInput.readToEnd(limit: most)
            return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        } catch {
            throw error.code == EFBIG
                ? Failure(.inputRefused, "that is more than can be asked at once")
                : Failure(.cannotRead, "cannot read standard input: \(error)")
        }
    }
}
