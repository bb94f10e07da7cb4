package import Configuration
package import JobStore
package import Outputs

extension OutputPlaces {
    /// As jobd is told. Without the configuration every file is found too; those outside of `outputs/` are
    /// foreign then.
    package init(_ directory: StateDirectory, _ configuration: Configuration = Configuration()) {
        self.init(
            own: directory.absolute("outputs"), current: directory.absolute(configuration.outputDirectory))
    }
}
