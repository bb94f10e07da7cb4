internal import Descriptions
internal import JobModel
package import Outputs
package import System

/// The `.xmp` beside a file. What photo software has changed there is its own, and is kept.
extension OutputFile {
    /// Whether this is such a file as jobd wrote it.
    var holdsOurDescription: Bool {
        (try? open().readToEnd(limit: 1 << 20)).map(FileDescription.isOurs) ?? false
    }

    func removeDescription() throws(SystemError) {
        if xmp.holdsOurDescription { _ = try xmp.remove() }
    }

    /// Brings the description up to date, if there is one.
    package func describe(as text: @autoclosure () -> String) throws(SystemError) {
        if xmp.holdsOurDescription { try xmp.replace(with: Array(text().utf8)) }
    }
}
