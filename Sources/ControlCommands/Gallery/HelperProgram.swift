internal import Glibc

/// Programs that only jobctl starts. They are not on anybody's path.
enum HelperProgram {
    /// Beside this program, as it is built, or where `make install` puts it; nil where it is not there.
    static func path(of name: String) -> String? {
        let folder = ProgramOutput.folder
        return [folder + name, folder + "../lib/jobd/" + name].first { unsafe access($0, X_OK) == 0 }
    }
}
