internal import Catalogue
internal import Descriptions
package import JobModel
package import Outputs
package import System

/// The `.xmp` beside a file. What photo software has changed there is its own, and is kept.
extension OutputFile {
    private static let largest = 1 << 20

    /// Whether this is such a file as jobd wrote it.
    var holdsOurDescription: Bool {
        (try? open().readToEnd(limit: Self.largest)).map(FileDescription.isOurs) ?? false
    }

    func removeDescription() throws(SystemError) {
        if xmp.holdsOurDescription { _ = try xmp.remove() }
    }

    /// Brings the description up to date, if there is one.
    fileprivate func describe(as text: @autoclosure () -> String) throws(SystemError) {
        guard let present = try? xmp.open().readToEnd(limit: Self.largest), FileDescription.isOurs(present)
        else { return }
        let bytes = Array(text().utf8)
        if bytes != present { try xmp.replace(with: bytes) }
    }
}

extension OutputPlaces {
    /// Brings the descriptions beside a job's files up to date: photo software shows what is picked as a
    /// rating.
    ///
    /// - Parameter report: hears of each that cannot be written.
    package func describe(_ outputs: [Output], of job: Job, report: (OutputFile, SystemError) -> Void) {
        for output in outputs where output.hasFile {
            guard let file = output.path.map(file) else { continue }
            do throws(SystemError) {
                try file.describe(as: FileDescription(of: job, output, schema: Schema.builtIn(job.model)).xmp)
            } catch { report(file.xmp, error) }
        }
    }
}
