/// What is released together: the three programs have one version.
package enum Release {
    package static let version = "0.1.0"
}
