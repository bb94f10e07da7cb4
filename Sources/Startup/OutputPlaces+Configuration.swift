package import Configuration
package import JobStore
package import Outputs

extension OutputPlaces {
    /// As jobd is told. Without that, every recorded path is found too, and all outside of `outputs/` are foreign.
    package init(_ directory: StateDirectory, _ configuration: Configuration = Configuration()) {
        self.init(
            own: directory.absolute("outputs"), current: directory.absolute(configuration.outputDirectory))
    }
}
