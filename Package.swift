// swift-tools-version: 6.2
import PackageDescription

/// One target per boundary; ARCHITECTURE.md draws who may use whom, and `make lint` holds the sources to it.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For the targets that call C: every unsafe expression is marked where it stands.
let strictMemory = strict + [.strictMemorySafety()]

let package = Package(
    name: "jobd",
    targets: [
        .target(name: "JSON", swiftSettings: strict),
        .target(
            name: "Catalogue", dependencies: ["JSON"], resources: [.embedInCode("Schemas")],
            swiftSettings: strict),
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .target(
            name: "ProviderSimulator", dependencies: ["Catalogue", "CMicroHTTPD", "JSON"],
            swiftSettings: strictMemory),
        .executableTarget(name: "jobsim", dependencies: ["ProviderSimulator"], swiftSettings: strict),

        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue", "JSON"], swiftSettings: strict),
        .testTarget(
            name: "ProviderSimulatorTests", dependencies: ["ProviderSimulator", "JSON", "jobsim"],
            swiftSettings: strictMemory),
    ],
    swiftLanguageModes: [.v6]
)
